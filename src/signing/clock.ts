/** Seconds since the epoch. */
export type Clock = () => number

function systemClock(): number {
  return Date.now() / 1000
}

/** `clock` in whole seconds, as the wire has them. */
export function wholeSeconds(clock: Clock = systemClock): Clock {
  return () => Math.floor(clock())
}
