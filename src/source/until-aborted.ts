import type { MaybePromise } from './track-source'

/** What `work` gives, or the reason of the signal if that comes first. What `work` does later goes to nobody. */
export async function untilAborted<Value>(work: MaybePromise<Value>, signal: AbortSignal): Promise<Value> {
  if (!(work instanceof Promise)) {
    signal.throwIfAborted()
    return work
  }
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
