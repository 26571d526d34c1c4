/** Waits for `work`, but no longer than `limit` milliseconds; rejects with what `makeError` gives then. */
export async function withTimeLimit<Value>(
  limit: number,
  work: PromiseLike<Value>,
  makeError: () => Error,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(makeError())
    }, limit)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
