/** A storage in memory, and a source over it that keeps every law of sources. */
import { SourceError, type OpenContext, type SourceTrack, type TrackSource } from 'express-signed-stream'
import type { SourceHarness } from 'express-signed-stream/testing'

const PIECE = 65_536

export interface StoredTrack {
  readonly bytes: Uint8Array
  readonly type: string
  /** Another one each time that anything is stored. */
  readonly version: number
  /** 1 for a new track, and 1 more each time that it is replaced. */
  readonly revision: number
}

export class MemoryStore {
  readonly tracks = new Map<string, StoredTrack>()
  readonly stalled = new Set<string>()
  readonly cut = new Set<string>()
  isDenied = false
  isDown = false
  /** Open tracks and reads in progress. */
  handles = 0
  #versions = 0

  put(id: string, bytes: Uint8Array, { type }: { readonly type: string }): void {
    const revision = (this.tracks.get(id)?.revision ?? 0) + 1
    this.tracks.set(id, { bytes: new Uint8Array(bytes), type, version: ++this.#versions, revision })
  }

  get(id: string): StoredTrack | undefined {
    if (this.isDenied) throw new SourceError('unavailable', { isDenied: true })
    if (this.isDown) throw new SourceError('unavailable')
    return this.tracks.get(id)
  }

  /** @param make the source to test, if it is not the one that is right */
  harness(make: (store: MemoryStore) => TrackSource = store => new MemorySource(store)): SourceHarness {
    return {
      make: () => make(this),
      put: (id, bytes, details) => {
        this.put(id, bytes, details)
      },
      replace: (id, bytes) => {
        this.put(id, bytes, { type: this.tracks.get(id)?.type ?? '' })
      },
      remove: id => this.tracks.delete(id),
      faults: {
        stall: id => during(this.stalled, id),
        cut: id => during(this.cut, id),
        deny: () => {
          this.isDenied = true
          return () => {
            this.isDenied = false
          }
        },
        fail: () => {
          this.isDown = true
          return () => {
            this.isDown = false
          }
        },
        openHandles: () => this.handles,
      },
    }
  }
}

function during(set: Set<string>, id: string): () => void {
  set.add(id)
  return () => {
    set.delete(id)
  }
}

/** Holds the bytes of the version that it opened. */
export class MemorySource implements TrackSource {
  readonly store: MemoryStore

  constructor(store: MemoryStore) {
    this.store = store
  }

  open(id: string, { signal, want, known }: OpenContext): SourceTrack | undefined {
    signal.throwIfAborted()
    const stored = this.store.get(id)
    if (stored === undefined) return undefined
    const etag = `"${stored.version}"`
    return known?.etag === etag ? known : new MemoryTrack(this.store, id, stored, want.first)
  }
}

export class MemoryTrack implements SourceTrack {
  readonly size: number
  readonly type: string
  readonly etag: string
  readonly lastModified = new Date(0)
  readonly prefix: SourceTrack['prefix']
  readonly #store: MemoryStore
  readonly #id: string
  readonly #bytes: Uint8Array
  #isOpen = true

  constructor(store: MemoryStore, id: string, { bytes, type, version }: StoredTrack, wanted: number) {
    this.#store = store
    this.#id = id
    this.#bytes = bytes
    this.size = bytes.length
    this.type = type
    this.etag = `"${version}"`
    const last = Math.min(wanted + 99, this.size - 1)
    if (wanted >= 0 && wanted <= last) {
      this.prefix = { first: wanted, last, bytes: bytes.slice(wanted, last + 1) }
    }
    store.handles++
  }

  async *read(
    { first, last }: { readonly first: number; readonly last: number },
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<Uint8Array> {
    if (!this.#isOpen) throw new SourceError('read_error')
    this.#store.handles++
    try {
      for (let at = first; at <= last; at += PIECE) {
        signal.throwIfAborted()
        if (at > first && this.#store.cut.has(this.#id)) throw new SourceError('read_error')
        if (at > first && this.#store.stalled.has(this.#id)) await abortOf(signal)
        yield this.#bytes.slice(at, Math.min(at + PIECE, last + 1))
      }
    } finally {
      this.#store.handles--
    }
  }

  close(): void {
    if (this.#isOpen) this.#store.handles--
    this.#isOpen = false
  }
}

/** Rejects when the signal aborts. */
export function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    function fail(): void {
      reject(signal.reason as Error)
    }
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}
