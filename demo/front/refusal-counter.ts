/** Counts the refused signatures of each client in windows of a minute; limits.ts says what they lead to. */
import { LRUCache } from 'lru-cache'

/** An attacker with more addresses than this gets new counts, but no more memory. */
const MAX_CLIENTS = 10_000

export interface RefusalCount {
  refusals: number
  /** Milliseconds since the epoch: the end of the window, which begins with the first refusal. */
  readonly resetAt: number
}

export class RefusalCounter {
  readonly #window: number
  readonly #limit: number
  readonly #counts: LRUCache<string, RefusalCount>
  /** By `performance.now()`: the window of every client that was at its limit has ended by then. */
  #reachedUntil = -Infinity

  /**
   * @param window milliseconds
   * @param limit how many refusals a client may have in a window
   */
  constructor(window: number, limit: number) {
    this.#window = window
    this.#limit = limit
    this.#counts = new LRUCache({ max: MAX_CLIENTS, ttl: window })
  }

  /** Whether a client may be at its limit. Mostly none is, so that nothing else must be known of a request. */
  isReachedByAny(): boolean {
    return performance.now() < this.#reachedUntil
  }

  isReachedBy(client: string): boolean {
    return (this.#counts.get(client)?.refusals ?? 0) >= this.#limit
  }

  add(client: string): Readonly<RefusalCount> {
    const count = this.#counts.get(client) ?? { refusals: 0, resetAt: Date.now() + this.#window }
    count.refusals += 1
    if (count.refusals >= this.#limit) this.#reachedUntil = performance.now() + this.#window
    if (count.refusals === 1) this.#counts.set(client, count)
    return count
  }
}
