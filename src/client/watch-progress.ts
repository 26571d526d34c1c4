/** Notices an element that should play and gets nothing: Safari tells of a refused link by no other sign. */

/** Milliseconds without a byte. */
const STALL_TIMEOUT = 10_000
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
  for (const type of BEGINS) element.addEventListener(type, start, { signal })
  for (const type of ENDS) element.addEventListener(type, stop, { signal })
  element.addEventListener(
    'progress',
    () => {
      if (timer !== undefined) start()
    },
    { signal },
  )
  signal.addEventListener('abort', stop)
}
