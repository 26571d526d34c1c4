/** The storage did not respond in time. */
export class TimeLimitExceeded extends Error {}

/**
 * Waits for `promise`, but no longer than `limit` milliseconds, and not after `signal` has aborted: what does not honour
 * its signal may never settle.
 *
 * @throws TimeLimitExceeded, or the reason of the signal
 */
export async function within<Value>(
  limit: number,
  signal: AbortSignal,
  promise: PromiseLike<Value>,
  what: string,
): Promise<Value> {
  // It may have settled, too, and would win.
  if (signal.aborted) {
    Promise.resolve(promise).catch(() => undefined)
    throw signal.reason
  }
  let timer: NodeJS.Timeout | undefined
  let onAbort: (() => void) | undefined
  const end = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    timer = setTimeout(() => {
      reject(new TimeLimitExceeded(`The storage gave no ${what} within ${Math.round(limit)} ms`))
    }, limit)
  })
  try {
    return await Promise.race([promise, end])
  } finally {
    clearTimeout(timer)
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
  }
}
