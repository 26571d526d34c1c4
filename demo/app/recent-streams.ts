/** The streams that have ended lately. A short track is sent within a moment, so a list of those in progress misses most. */
import type { StreamCompletionEvent } from 'express-signed-stream'

export interface RecentStream {
  /** Milliseconds since the epoch. */
  readonly endedAt: number
  readonly event: StreamCompletionEvent
}

const MAX_KEPT = 20

/** Milliseconds. */
const KEPT_FOR = 600_000

export class RecentStreams {
  readonly #streams: RecentStream[] = []

  /** Notes a stream that had a body. */
  note(event: StreamCompletionEvent): void {
    if (event.bytesSent === 0) return
    this.#streams.push({ endedAt: Date.now(), event })
    if (this.#streams.length > MAX_KEPT) this.#streams.shift()
  }

  /** The newest first. */
  list(): readonly RecentStream[] {
    const since = Date.now() - KEPT_FOR
    return this.#streams.filter(({ endedAt }) => endedAt > since).reverse()
  }
}
