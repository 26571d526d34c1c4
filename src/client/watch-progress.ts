/**
 * Detects an element that should play and receives no data. Safari gives no other sign of a link that the server refuses
 * with 403, and Chromium retries for half a minute before it reports an error.
 *
 * Events only start a timer. When it ends, what counts is whether the position or the buffer has changed: not
 * `readyState`, for WebKit plays at HAVE_CURRENT_DATA, and not events, which are late in a background page.
 */
import { on } from './listen.ts'

/** Milliseconds without new data and without a change of the position. */
const STALL_TIMEOUT = 5000
/** Seconds: the position of a waiting element may still creep. At a rate of 0.0625, 5 s are 0.3 s of the track. */
const MOVE = 0.05
/** Milliseconds: a timer that is later than this ran on a device that slept, or in a page with throttled timers. */
const LATE = 1000
/** `HTMLMediaElement.HAVE_FUTURE_DATA` */
const HAVE_FUTURE_DATA = 3

const STARTS = ['waiting', 'stalled', 'seeking', 'play', 'ratechange', 'loadstart'] as const
const STOPS = ['playing', 'canplay', 'seeked', 'pause', 'emptied', 'error', 'ended'] as const

/** Calls `onStall` every 5 s while the element stalls. */
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
      if (!lacksData(element)) return
      if (hasMoved()) start()
      // A device that slept had no network either, and a late timer may run before events that came earlier.
      else if (Date.now() - dueAt > LATE && !isLastTry) start(true)
      else {
        onStall()
        // If the new link is the same one, no event starts the timer again.
        if (!signal.aborted) start()
      }
    }, STALL_TIMEOUT)
  }

  function handleStart(): void {
    if (timer === undefined || hasMoved()) start()
  }

  function handleMove(): void {
    if (timer !== undefined && hasMoved()) start()
  }

  function handleData(): void {
    // The first bytes may not be playable yet: then `buffered` stays empty.
    if (timer !== undefined) start()
  }

  on(element, STARTS, handleStart, signal)
  on(element, ['timeupdate'], handleMove, signal)
  on(element, ['progress'], handleData, signal)
  on(element, STOPS, stop, signal)
  signal.addEventListener('abort', stop)
}

/** What changes when the element plays, is sought in, or receives data. */
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

/** Whether the element should play or seek, and lacks the data for it. */
function lacksData({ paused, seeking, ended, playbackRate, readyState }: HTMLMediaElement): boolean {
  const shouldMove = seeking || (!paused && !ended && playbackRate !== 0)
  return shouldMove && readyState < HAVE_FUTURE_DATA
}
