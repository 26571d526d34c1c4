/**
 * Keeps an element playing while its links expire. It renews by the clock and not by errors: Safari has none for a link
 * that is refused. All it knows of what the listener wants is what the element itself shows.
 */
import { readLink, type Link } from './link.ts'
import { needsServer } from './needs-server.ts'
import { notify } from './notify.ts'
import { readOptions, type KeepPlayingOptions } from './options.ts'
import { putIn } from './put-in.ts'
import { prepareSigning } from './signing.ts'
import { watchProgress } from './watch-progress.ts'

export interface Player {
  /** Resolves when the first link is in; rejects with what `sign` threw. */
  readonly ready: Promise<void>
  /** Seconds since the epoch, of the link that is in; undefined if unknown. */
  readonly expires: number | undefined
  /** Signs a new link now, and plays on at the same second; rejects with what `sign` threw. */
  renew(): Promise<void>
  /** Stops timers and listeners. The element stays as it is. */
  close(): void
}

/**
 * - `idle`: no renewal is in progress. The timer runs if the link has an expiry; whatever shows that a link is due or
 *   has failed begins a renewal.
 * - `renewing`: `sign` is called, or waits to be called again: only `renew()` ends a wait. It ends as `idle`, or as
 *   `gaveUp` if no link came.
 * - `gaveUp`: `onError` was called. What the listener does, the network that is back or `renew()` leaves it; neither
 *   the clock nor a further failure of the element does.
 *
 * The abort of `signal` closes the player in each of them.
 */
type State =
  | { readonly name: 'idle' | 'gaveUp' }
  | { readonly name: 'renewing'; readonly done: Promise<void>; readonly askNow: () => void }

/** Milliseconds: what browsers hold. */
const MAX_DELAY = 2 ** 31 - 1
/** Seconds to have moved on from a failure, before the next is not the second in a row. */
const RECOVERED = 5
/** `MEDIA_ERR_NETWORK` and `MEDIA_ERR_SRC_NOT_SUPPORTED`: what a refused link becomes. */
const REFUSED = [2, 4]

/**
 * Keeps `element` playing across the expiry of its links.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * const player = keepPlaying(audio, {
 *   sign: ({ signal }) => fetch('/play/track1', { signal }), // JSON: { url }
 * })
 * player.close() // once it is not listened to any more
 */
export function keepPlaying(element: HTMLMediaElement, options: KeepPlayingOptions): Player {
  const { sign, leeway, onRenew, onError, random } = readOptions(options)
  const closing = new AbortController()
  const { signal } = closing
  const { ownerDocument: page } = element

  let state: State = { name: 'idle' }
  let link: Link | undefined
  /** The element's source as we left it: another one is the app's own, and is left alone. */
  let source = element.src
  let timer: ReturnType<typeof setTimeout> | undefined
  let isWanted = !element.paused
  let wasLoaded = element.readyState > 0
  /** The second at which the link has failed, until the listener has heard enough of the next one. */
  let failedAt: number | undefined
  let tellPosition: () => number = currentTime

  function currentTime(): number {
    return element.currentTime
  }

  /** One at a time, whoever asks. */
  function renew(): Promise<void> {
    if (state.name === 'renewing') {
      state.askNow()
      return state.done
    }
    source = element.src
    const { result, start, askNow } = prepareSigning({
      sign,
      closed: signal,
      throwIfAbandoned,
      random,
      remaining: () => (link?.expiresAt ?? 0) - Date.now(),
      read: (given, askedAt) =>
        readLink(given, { askedAt, now: Date.now(), leeway, baseUrl: element.baseURI, random }),
    })
    const done = putInSigned(result)
    // An app that does not wait for it gets the error by onError.
    done.catch(() => undefined)
    state = { name: 'renewing', done, askNow }
    // Calls `sign`, which may call `renew` itself.
    start()
    return done
  }

  async function putInSigned(result: Promise<Link>): Promise<void> {
    try {
      const fresh = await result.catch((error: unknown) => {
        if (isOurs()) giveUp(error)
        throw error
      })
      throwIfAbandoned()
      const isNeeded = fresh.url !== link?.url || hasFailed()
      link = fresh
      schedule()
      if (isNeeded) replace(fresh)
    } finally {
      if (state.name === 'renewing') state = { name: 'idle' }
    }
  }

  function replace({ url, expires }: Link): void {
    const playback = {
      // What has ended begins anew: at its end, it would end a second time.
      position: element.ended ? 0 : tellPosition(),
      isWanted: !element.paused || (element.error !== null && isWanted),
      wasLoaded,
    }
    tellPosition = putIn(element, url, playback, signal)
    source = element.src
    notify(onRenew, { url, expires })
  }

  function throwIfAbandoned(): void {
    signal.throwIfAborted()
    if (!isOurs()) throw new DOMException('The element was given another source', 'AbortError')
  }

  function isOurs(): boolean {
    return element.src === source && !element.srcObject
  }

  function schedule(): void {
    clearTimeout(timer)
    if (link?.renewAt === undefined) return
    // Browsers fire a little early, and at once where the delay is too large for them.
    const delay = Math.min(link.renewAt - Date.now(), MAX_DELAY)
    if (delay > 0) timer = setTimeout(schedule, delay)
    else check()
  }

  function isDue(): boolean {
    if (link === undefined) return true
    return link.renewAt !== undefined && Date.now() >= link.renewAt && needsServer(element)
  }

  function hasFailed(): boolean {
    return element.error !== null || failedAt !== undefined
  }

  function check(): void {
    if (state.name === 'idle' && isOurs() && isDue()) void renew()
  }

  /** The listener did something, or the network is back: what had failed may work now. */
  function tryAgain(): void {
    if (page.hidden && element.paused) return
    if (state.name === 'gaveUp') {
      const isToReplace = hasFailed()
      failedAt = undefined
      state = { name: 'idle' }
      if (isToReplace && isOurs()) void renew()
    }
    check()
  }

  /** @param isCurable whether another link may help */
  function fail(error: unknown, isCurable: boolean): void {
    if (state.name === 'renewing' || !isOurs()) return
    if (failedAt !== undefined || !isCurable) {
      giveUp(error)
      return
    }
    failedAt = tellPosition()
    void renew()
  }

  function giveUp(error: unknown): void {
    if (signal.aborted) return
    state = { name: 'gaveUp' }
    notify(onError, error)
  }

  function on(target: EventTarget | null, types: readonly string[], listener: () => void): void {
    for (const type of types) target?.addEventListener(type, listener, { signal })
  }

  on(element, ['play'], () => {
    isWanted = true
  })
  on(element, ['pause'], () => {
    if (element.error === null) isWanted = false
  })
  on(element, ['loadedmetadata'], () => {
    wasLoaded = true
  })
  on(element, ['timeupdate'], () => {
    if (failedAt !== undefined && Math.abs(tellPosition() - failedAt) > RECOVERED) failedAt = undefined
  })
  on(element, ['error'], () => {
    const { error } = element
    if (error !== null) fail(error, REFUSED.includes(error.code))
  })
  watchProgress(
    element,
    () => {
      if (state.name !== 'gaveUp') fail(new Error('The media makes no progress'), true)
    },
    signal,
  )
  // A device that slept has late timers, so every sign of life looks at the clock.
  on(element, ['timeupdate', 'pause', 'stalled'], check)
  on(element, ['play', 'seeking', 'waiting'], tryAgain)
  on(page, ['visibilitychange'], tryAgain)
  on(page.defaultView, ['pageshow', 'online'], tryAgain)

  const ready = renew()

  return Object.freeze({
    ready,
    renew: () => renew(),
    get expires() {
      return link?.expires
    },
    close() {
      clearTimeout(timer)
      closing.abort(new DOMException('The player was closed', 'AbortError'))
    },
  })
}
