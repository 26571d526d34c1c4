/** Waits for what does not know of our signal, such as a function of the app. */

/** The value of `work`; rejects with the reason of `signal` as soon as it aborts. */
export async function waitFor<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  let leave: (() => void) | undefined
  const left = new Promise<never>((_resolve, reject) => {
    leave = () => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
  try {
    return await Promise.race([work, left])
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave)
  }
}
