/**
 * Keeps an element playing while its links expire. It renews by the clock and not by errors: Safari has none for a link
 * that is refused. All it knows of the listener's wishes is what the element itself tells.
 */
import { readLink, type Link } from './link.ts'
import { needsServer } from './needs-server.ts'
import { judgeOptions, type KeepPlayingOptions } from './options.ts'
import { putIn } from './put-in.ts'
import { signTwice } from './sign.ts'
import { watchProgress } from './watch-progress.ts'

export interface Player {
  /** Resolves when the first link is in; rejects with what `sign` threw. */
  readonly ready: Promise<void>
  /** Seconds since the epoch, of the link that is in; undefined where nothing tells. */
  readonly expires: number | undefined
  /** Signs anew now, and plays on at the same second; rejects with what `sign` threw. */
  renew(): Promise<void>
  /** Stops timers and listeners. The element stays as it is. */
  close(): void
}

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
 *   sign: async ({ signal }) => (await fetch('/play/track1', { signal })).json(), // { url }
 * })
 * player.close() // once it is not listened to any more
 */
export function keepPlaying(element: HTMLMediaElement, options: KeepPlayingOptions): Player {
  const { sign, leeway, onRenew, onError } = judgeOptions(options)
  const closing = new AbortController()
  const { signal } = closing
  const { ownerDocument: page } = element

  let link: Link | undefined
  /** The element's source as we left it: another one is the app's own, and none of our business. */
  let source = element.src
  let renewal: Promise<void> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let isWanted = !element.paused
  let wasLoaded = element.readyState > 0
  let hasGivenUp = false
  let failedAt: number | undefined
  let tellPosition: () => number = currentTime

  function currentTime(): number {
    return element.currentTime
  }

  /** One at a time, whoever asks. */
  function renew(): Promise<void> {
    renewal ??= signAndPutIn().finally(() => {
      renewal = undefined
    })
    return renewal
  }

  async function signAndPutIn(): Promise<void> {
    hasGivenUp = false
    source = element.src
    const fresh = await signTwice(sign, signal, (result, askedAt) =>
      readLink(result, { askedAt, now: Date.now(), leeway, baseUrl: element.baseURI }),
    ).catch((error: unknown) => {
      giveUp(error)
      throw error
    })
    signal.throwIfAborted()
    if (!isOurs()) throw new DOMException('The element was given another source', 'AbortError')
    const isNeeded = fresh.url !== link?.url || element.error !== null || failedAt !== undefined
    link = fresh
    schedule()
    if (isNeeded) replace(fresh)
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
    tell(onRenew, { url, expires })
  }

  function renewQuietly(): void {
    renew().catch(() => undefined)
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

  function check(): void {
    if (renewal === undefined && !hasGivenUp && isOurs() && isDue()) renewQuietly()
  }

  /** Somebody did something, or the network is back: what had failed may work now. */
  function hopeAnew(): void {
    if (page.hidden && element.paused) return
    const hasFailed = hasGivenUp && (element.error !== null || failedAt !== undefined)
    if (hasGivenUp) failedAt = undefined
    hasGivenUp = false
    if (hasFailed && isOurs()) renewQuietly()
    else check()
  }

  /** @param isCurable whether another link may help */
  function fail(error: unknown, isCurable: boolean): void {
    if (renewal !== undefined || !isOurs()) return
    if (failedAt !== undefined || !isCurable) {
      giveUp(error)
      return
    }
    failedAt = tellPosition()
    renewQuietly()
  }

  function giveUp(error: unknown): void {
    if (signal.aborted) return
    hasGivenUp = true
    tell(onError, error)
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
      fail(new Error('The media makes no progress'), true)
    },
    signal,
  )
  // A device that slept has late timers, so every sign of life looks at the clock.
  on(element, ['timeupdate', 'pause', 'stalled'], check)
  on(element, ['play', 'seeking', 'waiting'], hopeAnew)
  on(page, ['visibilitychange'], hopeAnew)
  on(page.defaultView, ['pageshow', 'online'], hopeAnew)

  const ready = renew()
  // Who does not wait for it is told by onError.
  ready.catch(() => undefined)

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

/** By itself, so that what it throws is seen in the console and stops nothing here. */
function tell<Value>(listener: ((value: Value) => void) | undefined, value: Value): void {
  if (listener !== undefined) {
    queueMicrotask(() => {
      listener(value)
    })
  }
}
