/**
 * How many listeners of one subject may listen at a time: places that are held for 15 seconds, and renewed while a stream
 * is in progress. Nobody who has a place waits for it again, or loses it to the limit.
 */
import type { MaybePromise } from '../callbacks'
import type { SharedState } from './shared-state'
import type { HoldOptions } from './state/link-state'
import type { MemoryPlaces } from './state/memory-places'

/** The place of one stream. */
export interface Place {
  readonly subject: string
  readonly keys: readonly string[]
  readonly limit: number
  /** Whether the listener had no place before, so that another one may have lost it. */
  readonly isNew: boolean
  /** By `performance.now()`. */
  renewedAt: number
}

export type OnLimit = HoldOptions['onLimit']

/** Seconds. */
const LEASE = 15
/** Milliseconds. */
const RENEW_AFTER = 5000
/** Listeners whose last renewal is known, before all are forgotten: then they only renew earlier. */
const MAX_RENEWED = 10_000

export class StreamPlaces {
  readonly #own: MemoryPlaces
  readonly #shared: SharedState | undefined
  readonly #onLimit: OnLimit
  readonly #onDisplaced: (subject: string, keys: readonly string[]) => void
  /** By subject and key, when the shared state last heard of them. */
  readonly #sharedAt = new Map<string, number>()

  /** @param onDisplaced called when a listener lost its place to another one */
  constructor(
    own: MemoryPlaces,
    shared: SharedState | undefined,
    onLimit: OnLimit,
    onDisplaced: (subject: string, keys: readonly string[]) => void,
  ) {
    this.#own = own
    this.#shared = shared
    this.#onLimit = onLimit
    this.#onDisplaced = onDisplaced
  }

  /** @returns undefined if the limit does not allow it */
  take(subject: string, keys: readonly string[], limit: number): MaybePromise<Place | undefined> {
    const isNew = !this.#own.isHeld(subject, keys)
    const place = { subject, keys, limit, isNew, renewedAt: performance.now() }
    if (!isNew) {
      this.#holdHere(place, true)
      if (this.#isDue(place)) void this.#renewShared(place)
      return place
    }
    if (this.#shared === undefined || this.#shared.isAway)
      return this.#holdHere(place, false) ? place : undefined
    this.#noteShared(place)
    const taken = this.#shared.call(state => state.hold(subject, keys, this.#options(place, false)))
    if (!(taken instanceof Promise)) return this.#followShared(place, taken)
    return taken.then(
      result => this.#followShared(place, result),
      // Each node counts for itself while nobody counts for all.
      () => (this.#holdHere(place, false) ? place : undefined),
    )
  }

  /** Called every second for each stream in progress. */
  renewIfDue(place: Place): void {
    const now = performance.now()
    if (now - place.renewedAt < RENEW_AFTER) return
    place.renewedAt = now
    this.renew(place)
  }

  renew(place: Place): void {
    if (this.#holdHere(place, true)) void this.#renewShared(place)
    else this.#onDisplaced(place.subject, place.keys)
  }

  /** Called at the end of a stream: the place is kept for the next one. */
  keep(place: Place): void {
    this.#holdHere(place, true)
  }

  #followShared(place: Place, result: 'held' | 'full' | 'displaced'): Place | undefined {
    if (result !== 'held') return undefined
    this.#holdHere(place, true)
    return place
  }

  #holdHere(place: Place, isListening: boolean): boolean {
    return this.#own.hold(place.subject, place.keys, this.#options(place, isListening)) === 'held'
  }

  async #renewShared(place: Place): Promise<void> {
    if (this.#shared === undefined) return
    this.#noteShared(place)
    try {
      const { subject, keys } = place
      const result = await this.#shared.call(state => state.hold(subject, keys, this.#options(place, true)))
      if (result !== 'displaced') return
      this.#own.displace(subject, keys)
      this.#onDisplaced(subject, keys)
    } catch {
      // The next renewal asks again.
    }
  }

  #options({ limit }: Place, isListening: boolean): HoldOptions {
    return { limit, seconds: LEASE, onLimit: this.#onLimit, isListening }
  }

  #isDue({ subject, keys }: Place): boolean {
    const last = this.#sharedAt.get(nameOf(subject, keys)) ?? -Infinity
    return performance.now() - last >= RENEW_AFTER
  }

  #noteShared({ subject, keys }: Place): void {
    if (this.#sharedAt.size >= MAX_RENEWED) this.#sharedAt.clear()
    this.#sharedAt.set(nameOf(subject, keys), performance.now())
  }
}

/** The last key changes least: it is the address, if that counts. */
function nameOf(subject: string, keys: readonly string[]): string {
  return `${subject} ${keys.at(-1) ?? ''}`
}
