/** Calls the app's listeners: by themselves, so that what one of them throws or rejects with stops nothing here. */

export function notify<Value>(listener: ((value: Value) => unknown) | undefined, value: Value): void {
  if (listener === undefined) return
  queueMicrotask(() => {
    try {
      // An async listener is a promise that nobody else waits for.
      Promise.resolve(listener(value)).catch(report)
    } catch (error) {
      report(error)
    }
  })
}

/** In the console, and not as an uncaught error of the page: apps end their page for those. */
function report(error: unknown): void {
  console.error('A listener of express-signed-stream/client failed:', error)
}
