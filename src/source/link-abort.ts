/** Aborts `abort` when `signal` does, until the function that it returns is called. */
export function linkAbort(signal: AbortSignal, abort: AbortController): () => void {
  function onAbort(): void {
    abort.abort(signal.reason)
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => {
    signal.removeEventListener('abort', onAbort)
  }
}
