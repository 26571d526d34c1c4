/**
 * Waits for `work`, which may not know of `signal`, but not after `signal` has aborted: what `work` does then goes to
 * nobody.
 *
 * @throws what `work` rejects with, or the reason of the signal
 */
export async function untilAborted<Value>(
  work: Value | PromiseLike<Value>,
  signal: AbortSignal,
): Promise<Value> {
  let leave: (() => void) | undefined
  const left = new Promise<never>((_resolve, reject) => {
    leave = () => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', leave)
    if (signal.aborted) leave()
  })
  try {
    return await Promise.race([left, work])
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave)
  }
}
