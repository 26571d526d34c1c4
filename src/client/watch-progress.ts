/**
 * Notices an element that should play and gets nothing. Safari tells of a refused link by no other sign, and Chromium
 * asks again for half a minute before it gives up.
 */

/** Milliseconds without a byte. */
const STALL_TIMEOUT = 5000
/** `HTMLMediaElement.HAVE_FUTURE_DATA` */
const HAVE_FUTURE_DATA = 3

const BEGINS = ['waiting', 'stalled', 'seeking', 'play', 'loadstart'] as const
const ENDS = ['playing', 'canplay', 'seeked', 'pause', 'emptied', 'error', 'ended'] as const

export function watchProgress(element: HTMLMediaElement, onStall: () => void, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    clearTimeout(timer)
    timer = undefined
  }
  function start(): void {
    stop()
    timer = setTimeout(() => {
      timer = undefined
      const isWaitedFor = !element.paused || element.seeking
      if (isWaitedFor && element.readyState < HAVE_FUTURE_DATA) onStall()
    }, STALL_TIMEOUT)
  }
  function on(types: readonly string[], listener: () => void): void {
    for (const type of types) element.addEventListener(type, listener, { signal })
  }
  on(BEGINS, () => {
    if (timer === undefined) start()
  })
  on(['progress'], () => {
    if (timer !== undefined) start()
  })
  on(ENDS, stop)
  signal.addEventListener('abort', stop)
}
