/** Asks the app for a link: twice where it must be, and not for ever. */
import type { SignedLink } from './link.ts'

/** Asks the app for a fresh link. `signal` ends the question where nobody waits for its answer any more. */
export type Sign = (question: {
  readonly signal: AbortSignal
}) => SignedLink | string | Promise<SignedLink | string>

/** Milliseconds for one answer: on a dying connection, fetch waits for minutes. */
const TIMEOUT = 15_000
/** Milliseconds before the second question, for a network that is just changing. */
const RETRY_DELAY = 1000

/** Rejects with what the second question ended with, or with the reason of `closed`. */
export async function signTwice<Result>(
  sign: Sign,
  closed: AbortSignal,
  read: (result: unknown, askedAt: number) => Result,
): Promise<Result> {
  try {
    return await ask()
  } catch {
    await delay(RETRY_DELAY, closed)
    return await ask()
  }

  async function ask(): Promise<Result> {
    const question = new AbortController()
    const timer = setTimeout(() => {
      question.abort(new DOMException('Signing took too long', 'TimeoutError'))
    }, TIMEOUT)
    function abandon(): void {
      question.abort(closed.reason)
    }
    closed.addEventListener('abort', abandon)
    try {
      closed.throwIfAborted()
      const askedAt = Date.now()
      return read(await Promise.race([sign({ signal: question.signal }), aborted(question.signal)]), askedAt)
    } finally {
      clearTimeout(timer)
      closed.removeEventListener('abort', abandon)
    }
  }
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

function delay(milliseconds: number, closed: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const waited = new Promise<void>(resolve => {
    timer = setTimeout(resolve, milliseconds)
  })
  return Promise.race([waited, aborted(closed)]).finally(() => {
    clearTimeout(timer)
  })
}
