/** Keeps recently used files open, so that a request for one of them makes no system call. */
import { LRUCache } from 'lru-cache'
import type { DiskFile, FileLease } from './disk-file'
import { SharedWork } from '../shared-work'
import type { Cancellation } from '../source'

/** Milliseconds for which a file is served before its name is looked up again. */
const TRUSTED_FOR = 1000

/** Milliseconds after which an unused file is closed. */
const KEPT_FOR = 10_000

/** Finds the files of ids. */
export interface FileFinder {
  /** Opens the file of an id; the caller releases it. Undefined if there is none. */
  open(id: string, cancellation: Cancellation): Promise<FileLease | undefined>
  /** Whether opening the id would lead to `file` again, and find the version that was opened. */
  leadsTo(id: string, file: DiskFile): Promise<boolean>
}

interface Entry {
  /** Of this cache. It is released when the entry leaves the cache. */
  readonly lease: FileLease
  checkedAt: number
  usedAt: number
}

export class DescriptorCache {
  readonly #finder: FileFinder
  readonly #now: () => number
  readonly #entries: LRUCache<string, Entry>
  /** Lookups in progress, which requests for the same id share. */
  readonly #lookups = new SharedWork<string, DiskFile | undefined>()
  #sweeper: NodeJS.Timeout | undefined

  /**
   * @param maxFiles how many files are kept open, besides those that are being read
   * @param now milliseconds, by a clock that nobody sets back
   */
  constructor(maxFiles: number, finder: FileFinder, now: () => number) {
    this.#finder = finder
    this.#now = now
    this.#entries = new LRUCache({
      max: maxFiles,
      dispose: ({ lease }) => {
        lease.release()
      },
    })
  }

  /** A lease for the caller, at once if the file is open and trusted. Undefined if there is no such file. */
  open(id: string, cancellation: Cancellation): FileLease | undefined | Promise<FileLease | undefined> {
    const entry = this.#entries.get(id)
    if (entry !== undefined) {
      entry.usedAt = this.#now()
      const { held: file } = entry.lease
      if (entry.usedAt - entry.checkedAt < TRUSTED_FOR && file.state === 'current') return file.lease()
    }
    return this.#openTogether(id, entry, cancellation)
  }

  /** The file of `id` if it is kept open, also if it is trusted no longer. The caller has no lease of it. */
  peek(id: string): DiskFile | undefined {
    return this.#entries.peek(id)?.lease.held
  }

  /** Closes every file that nobody reads. */
  clear(): void {
    this.#entries.clear()
  }

  async #openTogether(
    id: string,
    entry: Entry | undefined,
    cancellation: Cancellation,
  ): Promise<FileLease | undefined> {
    const file = await this.#lookups.join(id, cancellation, shared => this.#lookUp(id, entry, shared))
    // By now, the entry may have left the cache again, and the file may be closed.
    return file && (file.lease() ?? this.open(id, cancellation))
  }

  /** The file that `id` leads to, which this cache holds now. */
  async #lookUp(
    id: string,
    entry: Entry | undefined,
    cancellation: Cancellation,
  ): Promise<DiskFile | undefined> {
    const now = this.#now()
    const known = entry?.lease.held
    if (entry !== undefined && known?.state === 'current' && (await this.#finder.leadsTo(id, known))) {
      entry.checkedAt = now
      return known
    }
    const lease = await this.#finder.open(id, cancellation)
    if (lease === undefined) this.#entries.delete(id)
    else this.#keep(id, { lease, checkedAt: now, usedAt: now })
    return lease?.held
  }

  #keep(id: string, entry: Entry): void {
    this.#entries.set(id, entry)
    this.#sweeper ??= setInterval(() => {
      this.#sweep()
    }, KEPT_FOR / 2).unref()
  }

  #sweep(): void {
    const limit = this.#now() - KEPT_FOR
    for (const [id, { lease, usedAt }] of this.#entries) {
      // A file that is being read stays open anyway, so new requests may as well share it.
      if (usedAt < limit && !lease.held.isShared) this.#entries.delete(id)
    }
    if (this.#entries.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }
}
