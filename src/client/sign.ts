/** One attempt to get a link from the app. It ends within 15 s and never throws, whatever `sign` does. */
import type { SignedLink } from './link.ts'
import { readRetryAfter } from './retry-after.ts'

/**
 * Gets a new link from the app. `signal` aborts when the link is no longer needed.
 *
 * It may return the `Response` of `fetch`, whose JSON is the link. A response that is not ok counts as a failure, and its
 * `Retry-After` says when to call `sign` again; so does a field `retryAfter`, in seconds, of an error that it throws.
 * Statuses that refuse (401, 402, 403, 404, 410 and 451), of the response or of an error, are passed to `onRefused`.
 */
export type Sign = (request: {
  readonly signal: AbortSignal
}) => SignedLink | string | Response | Promise<SignedLink | string | Response>

export type Attempt<Result> =
  | { readonly kind: 'signed'; readonly result: Result }
  /** `retryAfter`: seconds to wait before the next attempt; undefined if the app names none. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly retryAfter: number | undefined }

/** Milliseconds for one attempt: on a broken connection, `fetch` waits for minutes. */
const TIMEOUT = 15_000

/** Never rejects. It fails at once when `closed` aborts. */
export async function callSign<Result>(
  sign: Sign,
  closed: AbortSignal,
  read: (result: unknown, askedAt: number) => Result,
): Promise<Attempt<Result>> {
  const attempt = new AbortController()
  const timer = setTimeout(() => {
    attempt.abort(new DOMException('Signing took too long', 'TimeoutError'))
  }, TIMEOUT)
  function abandon(): void {
    attempt.abort(closed.reason)
  }
  closed.addEventListener('abort', abandon)
  let given: unknown
  try {
    closed.throwIfAborted()
    const askedAt = Date.now()
    const signed = Promise.resolve(sign({ signal: attempt.signal })).then(readResponse)
    given = await Promise.race([signed, aborted(attempt.signal)])
    return { kind: 'signed', result: read(given, askedAt) }
  } catch (error) {
    const now = Date.now()
    const retryAfter = readRetryAfter(error, now) ?? readRetryAfter(given, now)
    return { kind: 'failed', error, retryAfter }
  } finally {
    clearTimeout(timer)
    closed.removeEventListener('abort', abandon)
  }
}

/** The result of `sign`, or the JSON of its response. */
async function readResponse(given: unknown): Promise<unknown> {
  if (!isResponse(given)) return given
  if (given.ok) return await given.json()
  // Frees the connection for the next attempt. Rejects if the app has read the body already.
  given.body?.cancel().catch(() => undefined)
  throw Object.assign(new Error(`Cannot play: sign got a response with status ${given.status}`), {
    response: given,
  })
}

/** By its fields: a `Response` of another frame is not an instance of this one's class. */
function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'ok' in value && 'json' in value && 'headers' in value
}

/** Never resolves; rejects with the reason. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    function refuse(): void {
      reject(signal.reason as Error)
    }
    if (signal.aborted) refuse()
    else signal.addEventListener('abort', refuse)
  })
}
