/** One attempt to get a link from the app: it ends in time, and whatever `sign` does, it ends with an outcome. */
import type { SignedLink } from './link.ts'
import { readRetryAfter } from './retry-after.ts'

/**
 * Asks the app for a fresh link. `signal` aborts when nobody waits for it any more.
 *
 * A `Response` may be given as `fetch` gave it: its JSON is the link. If it is not ok, that is a failure, and a
 * `Retry-After` in it says when to ask again. So does a field `retryAfter`, in seconds, of what is thrown.
 */
export type Sign = (request: {
  readonly signal: AbortSignal
}) => SignedLink | string | Response | Promise<SignedLink | string | Response>

export type Attempt<Result> =
  | { readonly kind: 'signed'; readonly result: Result }
  /** `retryAfter`: seconds that the app asks to wait; undefined if it does not. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly retryAfter: number | undefined }

/** Milliseconds for one attempt: on a dying connection, fetch waits for minutes. */
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

/** What `sign` gave; of a response, what is in it. */
async function readResponse(given: unknown): Promise<unknown> {
  if (!isResponse(given)) return given
  if (given.ok) return await given.json()
  // Nobody reads why: its connection is free for the next attempt. A body that was read already cannot be cancelled.
  given.body?.cancel().catch(() => undefined)
  throw Object.assign(new Error(`Cannot play: sign got a response with status ${given.status}`), {
    response: given,
  })
}

/** By what it has: a response of another frame is no instance of ours. */
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
