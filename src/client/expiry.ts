/** The link in use, and the timer that runs until it is due. */
import type { Link } from './link.ts'
import { needsMoreData } from './needs-more-data.ts'

export interface Expiry {
  readonly link: () => Link | undefined
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

  function stop(): void {
    clearTimeout(timer)
  }

  function schedule(): void {
    stop()
    if (link?.renewAt === undefined) return
    // Browsers fire a little early, and at once if the delay is too large for them.
    const delay = Math.min(link.renewAt - Date.now(), MAX_DELAY)
    if (delay > 0) timer = setTimeout(schedule, delay)
    else onTime()
  }
  signal.addEventListener('abort', stop)

  return {
    link: () => link,
    use(signed) {
      link = signed
      schedule()
    },
    isDue() {
      if (link === undefined) return true
      return link.renewAt !== undefined && Date.now() >= link.renewAt && needsMoreData(element)
    },
  }
}
