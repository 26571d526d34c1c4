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

export type MaybePromise<T> = T | Promise<T>

/** Goes on with `value`, at once if it is there: what needs no waiting stays within the tick. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
