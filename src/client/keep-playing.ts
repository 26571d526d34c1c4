/**
 * Keeps an element playing while its links expire. It renews by the clock and not by errors: Safari reports no error for
 * a link that the server refuses. This file turns what the element and the page do into events; `renewal.ts` decides
 * what follows, and `effects.ts` does it.
 */
import { createEffects } from './effects.ts'
import { watchExpiry } from './expiry.ts'
import { on } from './listen.ts'
import { readOptions, type KeepPlayingOptions } from './options.ts'
import { watchPlayback } from './playback.ts'
import { next, type RenewalEvent, type RenewalState } from './renewal.ts'
import { watchProgress } from './watch-progress.ts'

export interface LinkKeeper {
  /** Resolves when the element has its first link; rejects with what `sign` threw. */
  readonly ready: Promise<void>
  /** Seconds since the epoch: the expiry of the link in use; undefined if unknown. */
  readonly expires: number | undefined
  /** Signs a new link now, and plays on at the same second; rejects with what `sign` threw. */
  renew(): Promise<void>
  /** Removes timers and listeners. The element stays as it is, and plays on with what it has. */
  close(): void
  /**
   * Closes, and empties the element: nothing of the track plays any more, not even what was in the buffer. A source that the
   * client did not set is left alone.
   */
  stop(): void
}

/** `MEDIA_ERR_NETWORK` and `MEDIA_ERR_SRC_NOT_SUPPORTED`: what browsers report for a link that the server refuses. */
const LINK_ERRORS = [2, 4]

/**
 * Keeps `element` playing across the expiry of its links.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * const keeper = keepPlaying(audio, {
 *   sign: ({ signal }) => fetch('/play/track1', { signal }), // JSON: { url }
 * })
 * keeper.stop() // when the page no longer plays it
 */
export function keepPlaying(element: HTMLMediaElement, options: KeepPlayingOptions): LinkKeeper {
  const settings = readOptions(options)
  const closing = new AbortController()
  const { signal } = closing
  const { ownerDocument: page } = element
  const playback = watchPlayback(element, signal)
  const expiry = watchExpiry(element, checkExpiry, signal)
  const effects = createEffects({ element, settings, playback, expiry, closing, dispatch })
  let state: RenewalState = { name: 'idle' }

  function dispatch(event: RenewalEvent): void {
    const { state: nextState, effect } = next(state, event)
    // First, for an effect may call the app, which may call `renew()` or `close()`.
    state = nextState
    if (effect !== undefined) effects.carryOut(effect)
  }

  function checkExpiry(): void {
    if (playback.isOurs() && expiry.isDue()) dispatch({ name: 'linkDue' })
  }

  function handleActivity(): void {
    if (page.hidden && element.paused) return
    if (!playback.isOurs()) dispatch({ name: 'activityElsewhere' })
    else dispatch({ name: element.error === null ? 'activity' : 'activityOnError' })
    checkExpiry()
  }

  function handleError(): void {
    const { error } = element
    if (error === null || !playback.isOurs()) return
    if (!LINK_ERRORS.includes(error.code)) dispatch({ name: 'mediaFailed', error })
    else dispatch({ name: 'linkFailed', error, position: playback.position() })
  }

  function handleStall(): void {
    if (!playback.isOurs()) return
    const error = new Error('The media makes no progress')
    dispatch({ name: 'noProgress', error, position: playback.position() })
  }

  function handleTimeUpdate(): void {
    dispatch({ name: 'played', position: playback.position() })
    checkExpiry()
  }

  function renew(): Promise<void> {
    dispatch({ name: 'renewCalled' })
    return effects.renewal()
  }

  on(element, ['error'], handleError, signal)
  watchProgress(element, handleStall, signal)
  // A device that slept has late timers, so every sign of life compares the clock.
  on(element, ['timeupdate'], handleTimeUpdate, signal)
  on(element, ['pause', 'stalled'], checkExpiry, signal)
  on(element, ['play', 'seeking', 'waiting'], handleActivity, signal)
  on(page, ['visibilitychange'], handleActivity, signal)
  on(page.defaultView, ['pageshow', 'online'], handleActivity, signal)

  const ready = renew()

  return Object.freeze({
    ready,
    renew,
    get expires() {
      return expiry.link()?.expires
    },
    close() {
      dispatch({ name: 'closeCalled' })
    },
    stop() {
      dispatch({ name: 'closeCalled' })
      playback.empty()
    },
  })
}
