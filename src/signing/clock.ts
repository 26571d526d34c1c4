/** Seconds since the epoch. */
export type Clock = () => number

/** Whole seconds, as the wire has them. */
export function systemClock(): number {
  return Math.floor(Date.now() / 1000)
}
