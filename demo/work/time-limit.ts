/** Waits for a promise, but not for longer than a response may take. */

/**
 * Resolves with the value of `promise`; with undefined after `milliseconds`, or when `signal` aborts. It rejects as
 * `promise` does, unless one of the two comes first.
 */
export async function within<Value>(
  milliseconds: number,
  promise: Promise<Value>,
  signal?: AbortSignal,
): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  let giveUp: (() => void) | undefined
  const over = new Promise<undefined>(resolve => {
    giveUp = resolve.bind(undefined, undefined)
    timer = setTimeout(giveUp, milliseconds).unref()
    signal?.addEventListener('abort', giveUp, { once: true })
  })
  try {
    return await Promise.race([promise, over])
  } finally {
    clearTimeout(timer)
    if (giveUp !== undefined) signal?.removeEventListener('abort', giveUp)
  }
}
