/**
 * Keeps what is known of recently used tracks, so that a request for one of them needs no call of the storage, and asks
 * again in the background, so that no request for one that is in use waits for it.
 */
import { LRUCache } from 'lru-cache'
import { SharedWork } from '../shared-work'
import { SourceError, type Cancellation } from '../source'
import type { WantedRange } from '../track-source'
import type { RemoteVersion, VersionLease } from './remote-version'
import { isStorageFault } from './storage-fault'
import { ONE_BYTE } from './wanted-range'

/** Tracks that are kept; each needs some 500 bytes besides its content. */
const MAX_TRACKS = 10_000

/** A track that wants to be closed may hold a descriptor or a connection: fewer of them are kept. */
const WEIGHT_OF_CLOSEABLE = 40

/** Milliseconds. A track that was just uploaded is found after it. */
const MISSING_FOR = 1000

/** Milliseconds for which a track is served, after it is trusted no longer, while the storage fails. */
const STALE_FOR = 60_000

/** Milliseconds until a failing storage is called again for a track that is served meanwhile. */
const ASK_AGAIN_AFTER = 5000

/** The part of its time of trust after which a request makes the storage be asked, and is served without waiting for that. */
const REFRESHED_AFTER = 1 / 2

/** Tracks that are looked up in the background at a time; more would take connections from listeners. */
const MAX_REFRESHING = 4

/** What a lookup found. */
export type Found = { readonly kind: 'unchanged' } | { readonly kind: 'found'; readonly lease: VersionLease }

/** Which track a request needs. */
interface Wanted {
  readonly id: string
  readonly key: string
  readonly want: WantedRange
}

/** What the storage looks up. */
export interface Lookup extends Wanted {
  /** The version that is known. */
  readonly known: RemoteVersion | undefined
  /** Whether the known version is served if the storage fails: then it is not worth waiting for. */
  readonly hasStandIn: boolean
}

/**
 * Asks the storage for the current version.
 *
 * @returns undefined if there is no such track
 */
type LookUp = (lookup: Lookup, cancellation: Cancellation) => Promise<Found | undefined>

type Entry = KnownTrack | MissingTrack

interface KnownTrack {
  readonly lease: VersionLease
  /** When the storage was last asked with success, and until when that is trusted. */
  checkedAt: number
  trustedUntil: number
  /** Whether the track was looked up in the background since {@link checkedAt}: there is one try. */
  isRefreshed: boolean
}

interface MissingTrack {
  readonly lease: undefined
  readonly trustedUntil: number
}

export class KnownTracks {
  readonly #lookUp: LookUp
  readonly #trustFor: number
  readonly #now: () => number
  readonly #entries: LRUCache<string, Entry>
  /** Lookups in progress, which requests for the same track share. */
  readonly #lookups = new SharedWork<string, RemoteVersion | undefined>()
  #refreshing = 0

  /** @param now milliseconds, by a clock that nobody sets back */
  constructor(lookUp: LookUp, trustFor: number, now: () => number) {
    this.#lookUp = lookUp
    this.#trustFor = trustFor
    this.#now = now
    this.#entries = new LRUCache({
      maxSize: MAX_TRACKS,
      sizeCalculation: ({ lease }) => (lease?.held.track.close === undefined ? 1 : WEIGHT_OF_CLOSEABLE),
      dispose: ({ lease }) => {
        lease?.release()
      },
    })
  }

  /** A lease for the caller if the track is known and trusted; `missing` if it is known that there is none. */
  recall({ id, key }: Pick<Wanted, 'id' | 'key'>): VersionLease | 'missing' | undefined {
    const entry = this.#entries.get(key)
    const now = this.#now()
    if (entry === undefined || now >= entry.trustedUntil) return undefined
    if (entry.lease === undefined) return 'missing'
    const { held } = entry.lease
    if (held.state !== 'current') return undefined
    const lease = held.lease()
    const age = now - entry.checkedAt
    // One that is served because the storage fails is looked up by requests alone, and more rarely.
    if (age >= this.#trustFor * REFRESHED_AFTER && age < this.#trustFor) this.#refresh({ id, key }, entry)
    return lease
  }

  /** A fault does not change how long the track is trusted; access that is denied ends that at once. */
  #refresh(wanted: Pick<Wanted, 'id' | 'key'>, entry: KnownTrack): void {
    if (entry.isRefreshed || this.#refreshing >= MAX_REFRESHING) return
    entry.isRefreshed = true
    this.#refreshing++
    this.#lookups
      .join(wanted.key, new AbortController(), shared =>
        // The request reads what it wants by itself.
        this.#update({ ...wanted, want: ONE_BYTE }, shared),
      )
      // No request waits for this lookup. A request that waits for its own meets the fault again.
      .catch(() => undefined)
      .finally(() => {
        this.#refreshing--
      })
  }

  /** Asks the storage once for all requests that need the same track. Undefined if there is none. */
  async ask(wanted: Wanted, cancellation: Cancellation): Promise<VersionLease | undefined> {
    const version = await this.#lookups.join(wanted.key, cancellation, shared => this.#update(wanted, shared))
    // By now, the entry may have left the cache again, and the version may be closed.
    return version && (version.lease() ?? this.ask(wanted, cancellation))
  }

  async #update(wanted: Wanted, cancellation: Cancellation): Promise<RemoteVersion | undefined> {
    const { key } = wanted
    const entry = this.#entries.peek(key)
    const held = entry?.lease?.held
    const known = held?.state === 'current' ? held : undefined
    const now = this.#now()
    const staleUntil = entry?.lease === undefined ? 0 : entry.checkedAt + this.#trustFor + STALE_FOR
    const hasStandIn = known !== undefined && now < staleUntil
    // The source may look at what is known until it has responded.
    const lease = known?.lease()
    let found: Found | undefined
    try {
      found = await this.#lookUp({ ...wanted, known, hasStandIn }, cancellation)
    } catch (error) {
      if (isDenied(error)) this.#entries.delete(key)
      if (entry?.lease === undefined || !hasStandIn || !isStorageFault(error)) throw error
      // A lookup in the background is for a track that is still trusted.
      if (this.#now() >= entry.trustedUntil)
        entry.trustedUntil = Math.min(this.#now() + ASK_AGAIN_AFTER, staleUntil)
      return known
    } finally {
      lease?.release()
    }
    const trustedUntil = now + this.#trustFor
    if (found === undefined) {
      this.#entries.set(key, { lease: undefined, trustedUntil: this.#now() + MISSING_FOR })
      return undefined
    }
    if (found.kind === 'found') {
      this.#entries.set(key, { lease: found.lease, checkedAt: now, trustedUntil, isRefreshed: false })
      return found.lease.held
    }
    if (entry?.lease !== undefined) Object.assign(entry, { checkedAt: now, trustedUntil, isRefreshed: false })
    return known
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof SourceError && error.isDenied
}
