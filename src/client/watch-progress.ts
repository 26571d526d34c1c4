/**
 * Notices an element that should play and gets nothing. Safari gives no other sign of a link that was refused, and
 * Chromium retries for half a minute before it gives up.
 *
 * The events only begin a watch. What decides is whether anything moves while it lasts: `readyState` does not, for
 * WebKit plays at HAVE_CURRENT_DATA, and events may be late when a page in the background gets its timers late.
 */

/** Milliseconds without a byte, and without a move. */
const STALL_TIMEOUT = 5000
/** Seconds: the clock of an element that waits may still creep. At a rate of 0.0625, 5 s are 0.3 s of the track. */
const MOVE = 0.05
/** Milliseconds by which a timer is late on a device that slept, or in a page whose timers are throttled. */
const LATE = 1000
/** `HTMLMediaElement.HAVE_FUTURE_DATA` */
const HAVE_FUTURE_DATA = 3

const BEGINS = ['waiting', 'stalled', 'seeking', 'play', 'ratechange', 'loadstart'] as const
const ENDS = ['playing', 'canplay', 'seeked', 'pause', 'emptied', 'error', 'ended'] as const

/** Calls `onStall` for as long as the element stalls, again after each 5 s. */
export function watchProgress(element: HTMLMediaElement, onStall: () => void, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let seen = look(element)

  function hasMoved(): boolean {
    const { position, buffered } = look(element)
    return Math.abs(position - seen.position) > MOVE || buffered !== seen.buffered
  }

  function stop(): void {
    clearTimeout(timer)
    timer = undefined
  }

  function start(isLastTry = false): void {
    stop()
    seen = look(element)
    const dueAt = Date.now() + STALL_TIMEOUT
    timer = setTimeout(() => {
      timer = undefined
      if (!isWaitedFor(element)) return
      if (hasMoved()) start()
      // A device that slept had no network either, and a late timer may come before the events that it is late for.
      else if (Date.now() - dueAt > LATE && !isLastTry) start(true)
      else {
        onStall()
        // The link that is signed for it may be the one it has, and then no event begins another watch.
        if (!signal.aborted) start()
      }
    }, STALL_TIMEOUT)
  }

  function on(types: readonly string[], listener: () => void): void {
    for (const type of types) element.addEventListener(type, listener, { signal })
  }
  on(BEGINS, () => {
    if (timer === undefined || hasMoved()) start()
  })
  on(['timeupdate'], () => {
    if (timer !== undefined && hasMoved()) start()
  })
  // Bytes may come before any of them can be played: then `buffered` stays empty.
  on(['progress'], () => {
    if (timer !== undefined) start()
  })
  on(ENDS, stop)
  signal.addEventListener('abort', stop)
}

/** A position that changes: it plays, or is sought in and has asked for something else. */
function look({ currentTime, buffered }: HTMLMediaElement): {
  readonly position: number
  readonly buffered: string
} {
  const ranges = Array.from(
    { length: buffered.length },
    (_, index) => `${buffered.start(index)}-${buffered.end(index)}`,
  )
  return { position: currentTime, buffered: ranges.join() }
}

/** Whether the listener hears nothing, or sees no seek end, because of data that is missing. */
function isWaitedFor({ paused, seeking, ended, playbackRate, readyState }: HTMLMediaElement): boolean {
  const isToMove = seeking || (!paused && !ended && playbackRate !== 0)
  return isToMove && readyState < HAVE_FUTURE_DATA
}
