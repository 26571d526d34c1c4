/**
 * The clock of the signer, the verifier and the responses. The app may bring its own, and its value decides whether a
 * link is still valid: so every value is checked, and one that is not a time stops the request.
 */
import { optional, optionError } from './options'

/** Seconds since the epoch. */
export type Clock = () => number

/** The app's clock threw, or returned something other than a time. The link can be neither accepted nor rejected. */
export class ClockError extends TypeError {
  override readonly name = 'ClockError'
}

/** The year 5138 in seconds, or March 1973 in milliseconds: a larger number is read as milliseconds. */
export const MAX_SECONDS = 1e11

const readFunction = optional<() => unknown>({
  accepts: (value): value is () => unknown => typeof value === 'function',
  expected: 'a function',
})

/**
 * Reads an option `now`: the app's clock, or the system's, in whole seconds as links and dates have them. Calls it
 * once, so that a clock that never worked is found when the app starts. The clock that it returns throws a
 * {@link ClockError} if the app's clock throws or returns something other than a time.
 */
export function readClock(value: unknown, maker: string, name: string): Clock {
  const now = readFunction(value, maker, name) ?? systemClock
  const first = readTime(now)
  if (typeof first !== 'number') {
    throw optionError(TypeError, `make ${maker}`, name, first.problem, first.details)
  }

  return function getTime() {
    const time = readTime(now)
    if (typeof time !== 'number') throw new ClockError(`${name} ${time.problem}`, time.details)
    return time
  }
}

function systemClock(): number {
  return Date.now() / 1000
}

/** Why a value is not a time. */
interface ClockFault {
  readonly problem: string
  readonly details?: ErrorOptions
}

function readTime(now: () => unknown): number | ClockFault {
  let value: unknown
  try {
    value = now()
  } catch (cause) {
    return { problem: 'must return seconds since the epoch, but it threw', details: { cause } }
  }
  // Compared so that NaN fails too.
  if (typeof value === 'number' && value > -Infinity && value <= MAX_SECONDS) return Math.floor(value)
  ignoreRejection(value)
  return { problem: `must return seconds since the epoch, got ${describe(value)}` }
}

/** A rejection that nobody handles would end the process. */
function ignoreRejection(value: unknown): void {
  Promise.resolve(value).catch(() => undefined)
}

function describe(value: unknown): string {
  if (typeof value === 'number') {
    return value > MAX_SECONDS && value < Infinity ? `${value}; are these milliseconds?` : String(value)
  }
  if (value === undefined || value === null) return String(value)
  return value instanceof Promise ? 'a promise' : `a value of type ${typeof value}`
}
