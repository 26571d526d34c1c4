/**
 * How long to wait before `sign` is called again: the Retry-After of a response (RFC 9110, section 10.2.3), or a field
 * `retryAfter` of what `sign` threw.
 */

/** The formats of an HTTP date that name the time zone. `Date.parse` alone reads "30.5" as a day in May. */
const HTTP_DATE = /^[A-Z][a-z]{2,8}, .+ GMT$/

/**
 * Seconds, 0 or more; undefined if the failure names no valid wait.
 *
 * @param failure what `sign` threw, or returned instead of a link: `{ retryAfter }`, a response, or an error with a field
 *   `response`, as HTTP libraries throw it
 * @param now milliseconds since the epoch
 */
export function readRetryAfter(failure: unknown, now: number): number | undefined {
  try {
    const { retryAfter, headers, response } = failure as Failure
    return (
      parseRetryAfter(retryAfter, now) ?? readHeaders(headers, now) ?? readHeaders(response?.headers, now)
    )
  } catch {
    // An app may throw null, or an object whose fields throw.
    return undefined
  }
}

interface Failure {
  readonly retryAfter?: unknown
  readonly headers?: Partial<Headers> | null
  readonly response?: { readonly headers?: Partial<Headers> | null } | null
}

function readHeaders(headers: Partial<Headers> | null | undefined, now: number): number | undefined {
  if (typeof headers?.get !== 'function') return undefined
  // Retry-After as a date is by the server's clock, and so is Date, which CORS may hide from scripts.
  const sentAt = Date.parse(headers.get('Date') ?? '')
  return parseRetryAfter(headers.get('Retry-After'), Number.isNaN(sentAt) ? now : sentAt)
}

function parseRetryAfter(value: unknown, now: number): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (/^\d+$/.test(text)) return Number(text)
  const date = HTTP_DATE.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0) / 1000
}
