/** When a link expires, by the options of a signer. */
import { MAX_SECONDS } from '../clock'
import { describe } from '../option-rules'
import { optionError, type OptionError } from '../options'
import { parseDuration } from './duration'

/** When a link expires: exactly one of the two. */
export type Expiry =
  | {
      /** Seconds from now, 1 or more; or a text such as `'90m'`, `'1h'` or `'2d'`. */
      readonly expiresIn: number | string
      readonly expiresAt?: undefined
    }
  | { /** Seconds since the epoch, not past. */ readonly expiresAt: number; readonly expiresIn?: undefined }

/** A program in JavaScript may give neither or both. */
export interface GivenExpiry {
  readonly expiresIn?: number | string | undefined
  readonly expiresAt?: number | undefined
}

export function resolveExpiry(expiry: GivenExpiry | undefined, now: number): number {
  const { expiresIn, expiresAt, ...others } = expiry ?? {}
  const [unknown] = Object.keys(others)
  // A misspelt option must not give a link another lifetime than intended.
  if (unknown !== undefined) throw new TypeError(`Cannot sign: unknown option ${JSON.stringify(unknown)}`)
  if (expiresIn !== undefined && expiresAt === undefined) {
    return checkExpires('expiresIn', now + readSeconds('expiresIn', expiresIn))
  }
  if (expiresAt !== undefined && expiresIn === undefined) {
    checkExpires('expiresAt', expiresAt)
    if (expiresAt < now) throw wrongExpiry('expiresAt', `${expiresAt} is past, now is ${now}`)
    return expiresAt
  }
  throw new TypeError('Cannot sign: give exactly one of expiresIn and expiresAt')
}

export function checkExpires(name: string, expires: number): number {
  if (!Number.isSafeInteger(expires) || expires < 0) {
    throw wrongExpiry(name, `must be whole seconds since the epoch, got ${String(expires)}`)
  }
  if (expires > MAX_SECONDS) {
    throw wrongExpiry(name, `is too large for seconds (${expires}); are these milliseconds?`)
  }
  return expires
}

function wrongExpiry(option: string, problem: string): OptionError {
  return optionError(RangeError, 'sign', option, problem)
}

/**
 * @param value seconds, or a duration with its unit
 * @returns whole seconds, 1 or more
 * @throws OptionError
 */
export function readSeconds(option: string, value: unknown): number {
  // Digits in a text may be of any unit.
  const isDuration = typeof value === 'string' && !/^\d*$/.test(value)
  const seconds = isDuration ? parseDuration(value) : value
  if (Number.isSafeInteger(seconds) && (seconds as number) >= 1) return seconds as number
  const problem = isDuration
    ? `must be a duration such as "1h" or "90m", got ${describe(value)}`
    : `must be a whole number of seconds, 1 or more, got ${String(value)}`
  throw wrongExpiry(option, problem)
}
