/** Whether the server of the app refuses to sign for this listener, so that another attempt would get the same response. */

/** A refusal of your server to sign. */
export interface Refusal {
  /** 401, 402, 403, 404, 410 or 451. */
  readonly status: number
  /** What `sign` threw; if it returned the `Response` of `fetch`, an Error with the field `response`. */
  readonly error: unknown
}

/** Who is refused by another status may be served later: 408, 425, 429 and those of 500 and above. */
const STATUSES = [401, 402, 403, 404, 410, 451]

/**
 * The status of a refusal; undefined if the failure is something else.
 *
 * @param failure what `sign` threw: a response, or an error with a field `status` or `response`, as HTTP libraries throw it
 */
export function statusOfRefusal(failure: unknown): number | undefined {
  try {
    const { status, response } = failure as Failure
    return STATUSES.find(each => each === status || each === response?.status)
  } catch {
    // An app may throw null, or an object whose fields throw.
    return undefined
  }
}

interface Failure {
  readonly status?: unknown
  readonly response?: { readonly status?: unknown } | null
}
