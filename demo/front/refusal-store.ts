/** Counts refused signatures by client, for express-rate-limit: of the clients of the last minute, at most so many. */
import type { ClientRateLimitInfo, Store } from 'express-rate-limit'
import { LRUCache } from 'lru-cache'

/** The count of an attacker with more addresses than these starts again, and costs no more memory. */
const MAX_CLIENTS = 10_000

interface Count {
  hits: number
  readonly resetTime: Date
}

export class RefusalStore implements Store {
  readonly localKeys = true
  readonly #windowMs: number
  readonly #counts: LRUCache<string, Count>

  constructor(windowMs: number, maxClients = MAX_CLIENTS) {
    this.#windowMs = windowMs
    this.#counts = new LRUCache({ max: maxClients, ttl: windowMs, updateAgeOnGet: false })
  }

  get size(): number {
    return this.#counts.size
  }

  has(client: string): boolean {
    return this.#counts.has(client)
  }

  increment(client: string): ClientRateLimitInfo {
    const count = this.#counts.get(client) ?? {
      hits: 0,
      resetTime: new Date(Date.now() + this.#windowMs),
    }
    count.hits += 1
    if (count.hits === 1) this.#counts.set(client, count)
    return { totalHits: count.hits, resetTime: count.resetTime }
  }

  decrement(client: string): void {
    const count = this.#counts.get(client)
    if (count !== undefined && count.hits > 0) count.hits -= 1
  }

  resetKey(client: string): void {
    this.#counts.delete(client)
  }
}
