/** Calls the functions of the app. Whatever one does costs at most the request that it was called for. */

/** Calls `action`, and passes what it throws or rejects with to `onFault`, which must not throw. */
export function callSafely(action: () => unknown, onFault: (error: unknown) => void): void {
  try {
    const result = action()
    if (isThenable(result)) result.then(undefined, onFault)
  } catch (error) {
    onFault(error)
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
