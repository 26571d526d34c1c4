/**
 * Who began with a link, in the memory of this process. Bounded: the oldest of those that no limit counts fall out first;
 * those that a limit counts never do, so at the capacity nobody new can begin.
 */
import { MAX_KEYS, type BeginOptions } from './link-state'

/** One listener of one link, under each of its keys. */
interface Listener {
  /** By the clock. */
  readonly until: number
  keys: number
}

/** Seconds between two searches for what has ended, when there is no room. */
const SWEEP_INTERVAL = 1

export class MemoryListeners {
  readonly #capacity: number
  readonly #clock: () => number
  /** By link and key, those of links without a limit. */
  readonly #free = new Map<string, Listener>()
  readonly #counted = new Map<string, Listener>()
  /** By link, how many listeners a limit counts. */
  readonly #counts = new Map<string, { count: number; readonly until: number }>()
  #sweptAt = -Infinity

  /** @param clock seconds, never set back */
  constructor(capacity: number, clock: () => number) {
    this.#capacity = capacity
    this.#clock = clock
  }

  /** @throws Error if a limit counts the listener and there is no room */
  begin(link: string, keys: readonly string[], { limit, seconds }: BeginOptions): 'begun' | 'known' | 'full' {
    const now = this.#clock()
    for (const listeners of [this.#counted, this.#free]) {
      const known = this.#find(listeners, link, keys, now)
      if (known === undefined) continue
      this.#note(listeners, link, keys, known)
      return 'known'
    }
    if (limit === 0) return 'full'
    const listener = { until: now + seconds, keys: 0 }
    if (limit === Infinity) {
      this.#note(this.#free, link, keys, listener)
      this.#dropOldest()
      return 'begun'
    }
    const { count = 0, until = 0 } = this.#counts.get(link) ?? {}
    const current = until > now ? count : 0
    if (current >= limit) return 'full'
    this.#makeRoom(now)
    this.#counts.set(link, { count: current + 1, until: Math.max(until, listener.until) })
    this.#note(this.#counted, link, keys, listener)
    return 'begun'
  }

  isKnown(link: string, keys: readonly string[]): boolean {
    const now = this.#clock()
    return [this.#counted, this.#free].some(listeners => this.#find(listeners, link, keys, now) !== undefined)
  }

  #find(
    listeners: ReadonlyMap<string, Listener>,
    link: string,
    keys: readonly string[],
    now: number,
  ): Listener | undefined {
    if (listeners.size === 0) return undefined
    for (const key of keys) {
      const listener = listeners.get(`${link} ${key}`)
      if (listener !== undefined && listener.until > now) return listener
    }
    return undefined
  }

  #note(listeners: Map<string, Listener>, link: string, keys: readonly string[], listener: Listener): void {
    for (const key of keys) {
      const name = `${link} ${key}`
      if (listener.keys >= MAX_KEYS || listeners.get(name) === listener) continue
      // A key that another listener had is that one's no longer: it ended, or both are behind one address.
      listeners.delete(name)
      listeners.set(name, listener)
      listener.keys++
    }
  }

  #dropOldest(): void {
    for (const name of this.#free.keys()) {
      if (this.#free.size <= this.#capacity) return
      this.#free.delete(name)
    }
  }

  #makeRoom(now: number): void {
    if (this.#counted.size < this.#capacity) return
    if (now - this.#sweptAt >= SWEEP_INTERVAL) {
      this.#sweptAt = now
      dropEnded(this.#counted, now)
      dropEnded(this.#counts, now)
    }
    if (this.#counted.size >= this.#capacity) throw new Error('Too many listeners are counted at a time')
  }
}

function dropEnded(entries: Map<string, { readonly until: number }>, now: number): void {
  for (const [name, { until }] of entries) if (until <= now) entries.delete(name)
}
