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
  readonly #counts: LRUCache<string, RefusalCount>

  /** @param window milliseconds */
  constructor(window: number, maxClients = MAX_CLIENTS) {
    this.#window = window
    this.#counts = new LRUCache({ max: maxClients, ttl: window })
  }

  get size(): number {
    return this.#counts.size
  }

  /** Of the current window. */
  refusalsOf(client: string): number {
    return this.#counts.get(client)?.refusals ?? 0
  }

  add(client: string): Readonly<RefusalCount> {
    const count = this.#counts.get(client) ?? { refusals: 0, resetAt: Date.now() + this.#window }
    count.refusals += 1
    if (count.refusals === 1) this.#counts.set(client, count)
    return count
  }
}
