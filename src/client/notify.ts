/** Calls a listener of the app in a microtask of its own: if it throws or rejects, playback goes on. */

export function notify<Value>(listener: ((value: Value) => unknown) | undefined, value: Value): void {
  if (listener === undefined) return
  queueMicrotask(() => {
    try {
      // An async listener that rejects would be an unhandled rejection.
      Promise.resolve(listener(value)).catch(report)
    } catch (error) {
      report(error)
    }
  })
}

/** In the console, and not as an uncaught error: some apps replace their page with an error message for those. */
function report(error: unknown): void {
  console.error('A listener of express-signed-stream/client failed:', error)
}
