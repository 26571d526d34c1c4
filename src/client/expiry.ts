/**
 * The link in use, and the timer that runs until it is due. A server may let a listener continue who has received bytes
 * by the link in time: then the link is due later.
 */
import type { Link, Term } from './link.ts'
import { needsMoreData } from './needs-more-data.ts'

export interface Expiry {
  readonly link: () => Link | undefined
  /** Milliseconds until the element can receive nothing more by the link; 0 or less if that is past or unknown. */
  readonly remaining: () => number
  /** Waits for the expiry of this link, and no longer for that of the last one. */
  readonly use: (link: Link) => void
  /** Whether the element needs a new link by now. */
  readonly isDue: () => boolean
}

/** Milliseconds: the longest delay of a browser's timer. */
const MAX_DELAY = 2 ** 31 - 1

/** Calls `onTime` when it is time to renew the link. */
export function watchExpiry(element: HTMLMediaElement, onTime: () => void, signal: AbortSignal): Expiry {
  let link: Link | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  /** The metadata of a link came by it: each new one empties the element. */
  function term(): Term | undefined {
    return element.readyState > 0 ? link?.toContinue : link?.toBegin
  }

  function stop(): void {
    clearTimeout(timer)
  }

  function schedule(): void {
    stop()
    const current = term()
    if (current === undefined) return
    // Browsers fire a little early, and at once if the delay is too large for them.
    const delay = Math.min(current.renewAt - Date.now(), MAX_DELAY)
    if (delay > 0) timer = setTimeout(schedule, delay)
    else onTime()
  }
  signal.addEventListener('abort', stop)

  return {
    link: () => link,
    remaining: () => (term()?.endsAt ?? 0) - Date.now(),
    use(signed) {
      link = signed
      schedule()
    },
    isDue() {
      if (link === undefined) return true
      const current = term()
      return current !== undefined && Date.now() >= current.renewAt && needsMoreData(element)
    },
  }
}
