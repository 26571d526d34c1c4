/**
 * The clock of the signer, the verifier and the responses. The app may bring its own, and its value decides whether a
 * link is still valid: so every value is checked, and one that is not a time stops the request.
 */

/** Seconds since the epoch. */
export type Clock = () => number

/** The app's clock threw, or returned something other than a time. The link can be neither accepted nor rejected. */
export class ClockError extends TypeError {
  override readonly name = 'ClockError'
}

/** The year 5138 in seconds, or March 1973 in milliseconds: a larger number is taken for milliseconds. */
export const MAX_SECONDS = 1e11

/**
 * `now` in whole seconds, as links and dates have them. Calls it once, so that a clock that never worked is found when
 * the app starts. What comes back throws a {@link ClockError} when `now` throws or returns something other than a time.
 *
 * @param maker what is being made, for the text of the error
 * @param now the app's clock; the system's when absent
 * @throws TypeError that names `now`
 */
export function createClock(maker: string, now: Clock = systemClock): Clock {
  const first = readTime(now)
  if (typeof first !== 'number') throw new TypeError(`Cannot make ${maker}: ${first.problem}`, first.details)

  return function readClock() {
    const time = readTime(now)
    if (typeof time !== 'number') throw new ClockError(time.problem, time.details)
    return time
  }
}

function systemClock(): number {
  return Date.now() / 1000
}

/** What is thrown in place of a time. */
interface ClockFault {
  readonly problem: string
  readonly details?: ErrorOptions
}

function readTime(now: () => unknown): number | ClockFault {
  let value: unknown
  try {
    value = now()
  } catch (cause) {
    return { problem: 'now must return seconds since the epoch, but it threw', details: { cause } }
  }
  // Compared so that NaN fails too.
  if (typeof value === 'number' && value > -Infinity && value <= MAX_SECONDS) return Math.floor(value)
  ignoreRejection(value)
  return { problem: `now must return seconds since the epoch, got ${described(value)}` }
}

/** A promise that nobody waits for would end the process when it is rejected. */
function ignoreRejection(value: unknown): void {
  Promise.resolve(value).catch(() => undefined)
}

function described(value: unknown): string {
  if (typeof value === 'number') {
    return value > MAX_SECONDS && value < Infinity ? `${value}; are these milliseconds?` : String(value)
  }
  if (value === undefined || value === null) return String(value)
  return value instanceof Promise ? 'a promise' : `a value of type ${typeof value}`
}
