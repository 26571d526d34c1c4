/** The `Retry-After` of a store (RFC 9110, section 10.2.3). */
import { parseHttpDate } from '../../http/http-date'

/** Seconds; a longer time is limited to it. */
const LONGEST = 3600

/**
 * @param now seconds since the epoch
 * @returns seconds; undefined if the field is absent or malformed
 */
export function readRetryAfter(field: string | undefined, now = Date.now() / 1000): number | undefined {
  if (field === undefined) return undefined
  const seconds = /^\d{1,10}$/.test(field) ? Number(field) : (parseHttpDate(field, now) ?? NaN) - now
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, Math.ceil(seconds)), LONGEST)
}
