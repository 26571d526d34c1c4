/**
 * Keeps recently used files open, so that a request for one of them makes no system call, and looks at their names again
 * in the background, so that no request for one that is in use waits for the storage.
 */
import { LRUCache } from 'lru-cache'
import type { DiskFile, FileLease } from './disk-file'
import { inTime } from './in-time'
import { SharedWork } from '../shared-work'
import type { Cancellation } from '../source'
import { threadPoolSize } from './thread-pool'

/** Milliseconds after which a request makes the name be looked up again, and is served without waiting for that. */
const REFRESHED_AFTER = 500

/** Milliseconds for which a file is served from the begin of a look on. Then requests wait for the next one. */
const TRUSTED_FOR = 1000

/**
 * Milliseconds for which a file is served after a look has come back, however late, so that a request can make the next
 * one begin. With a look that takes less than half a second, {@link TRUSTED_FOR} ends later.
 */
const TRUSTED_AFTER_LOOK = 500

/**
 * Milliseconds for which a file is served while a look has not come back: the looks of a busy storage wait in the thread
 * pool behind its reads. A storage that hangs is noticed after it.
 */
const TRUSTED_WHILE_LOOKING = 5000

/** Milliseconds after which an unused file is closed. */
const KEPT_FOR = 10_000

/** Finds the files of ids. */
export interface FileFinder {
  /** Opens the file of an id; the caller releases it. Undefined if there is none. */
  open(id: string, cancellation: Cancellation): Promise<FileLease | undefined>
  /** Whether opening the id would lead to `file` again, and find the version that was opened. */
  leadsTo(id: string, file: DiskFile): Promise<boolean>
}

type Look = FileFinder['leadsTo']

interface Entry {
  /** Of this cache. It is released when the entry leaves the cache. */
  readonly lease: FileLease
  /** When the last look began, and until when that is trusted. */
  checkedAt: number
  trustedUntil: number
  usedAt: number
  /** Of the version that {@link checkedAt} belongs to: there is one try. */
  refresh: Refresh | undefined
}

/**
 * A lookup that no request waits for.
 *
 * - `looking`: it is not known yet whether the name still leads to the file
 * - `looked`: it does not; the new file is being opened, or could not be
 * - `left`: requests wait for the lookup by now, or it is of no use any more
 */
interface Refresh {
  state: 'looking' | 'looked' | 'left'
  readonly startedAt: number
  /** Aborted, it leaves the lookup to the requests that wait for it; without any, the lookup ends. */
  readonly hold: AbortController
}

export class DescriptorCache {
  readonly #finder: FileFinder
  readonly #now: () => number
  readonly #entries: LRUCache<string, Entry>
  /** Lookups in progress, which requests for the same id share. */
  readonly #lookups = new SharedWork<string, DiskFile | undefined>()
  /** Looks in the background that have not come back. */
  #refreshing = 0
  /** Known when the first look begins, as the program may set the size of the pool when it starts. */
  #maxRefreshing: number | undefined
  #sweeper: NodeJS.Timeout | undefined
  readonly #look: Look = (id, file) => this.#finder.leadsTo(id, file)
  readonly #lookInBackground: Look = (id, file) => {
    this.#refreshing++
    return this.#finder.leadsTo(id, file).finally(() => {
      this.#refreshing--
    })
  }

  /**
   * @param maxFiles how many files are kept open, besides those that are being read
   * @param now milliseconds, by a clock that nobody sets back
   */
  constructor(maxFiles: number, finder: FileFinder, now: () => number) {
    this.#finder = finder
    this.#now = now
    this.#entries = new LRUCache({
      max: maxFiles,
      dispose: entry => {
        leave(entry)
        entry.lease.release()
      },
    })
  }

  /** A lease for the caller, at once if the file is open and trusted. Undefined if there is no such file. */
  open(id: string, cancellation: Cancellation): FileLease | undefined | Promise<FileLease | undefined> {
    const entry = this.#entries.get(id)
    if (entry !== undefined) {
      const now = this.#now()
      entry.usedAt = now
      const { held: file } = entry.lease
      if (now < trustedUntil(entry) && file.state === 'current') {
        if (now - entry.checkedAt >= REFRESHED_AFTER && entry.refresh === undefined) this.#refresh(id, entry)
        return file.lease()
      }
    }
    const opening = this.#openTogether(id, entry, cancellation)
    // Only now, so that the lookup has somebody who waits for it.
    if (entry !== undefined) leave(entry)
    return opening
  }

  /** The file of `id` if it is kept open, also if it is trusted no longer. The caller has no lease of it. */
  peek(id: string): DiskFile | undefined {
    return this.#entries.peek(id)?.lease.held
  }

  /** Closes every file that nobody reads. */
  clear(): void {
    this.#entries.clear()
  }

  /** Leaves threads of the pool to requests: if too many files are looked at, a later request tries again, or waits. */
  #refresh(id: string, entry: Entry): void {
    this.#maxRefreshing ??= Math.ceil(threadPoolSize() / 2)
    if (this.#refreshing >= this.#maxRefreshing) return
    const refresh: Refresh = { state: 'looking', startedAt: this.#now(), hold: new AbortController() }
    entry.refresh = refresh
    this.#lookups
      .join(id, refresh.hold, shared => this.#lookUp(id, entry, shared, this.#lookInBackground))
      // No request waits for this lookup. A request that waits for its own meets the fault again.
      .catch(() => undefined)
  }

  async #openTogether(
    id: string,
    entry: Entry | undefined,
    cancellation: Cancellation,
  ): Promise<FileLease | undefined> {
    const file = await this.#lookups.join(id, cancellation, shared =>
      this.#lookUp(id, entry, shared, this.#look),
    )
    // By now, the entry may have left the cache again, and the file may be closed.
    return file && (file.lease() ?? this.open(id, cancellation))
  }

  /** The file that `id` leads to, which this cache holds now. */
  async #lookUp(
    id: string,
    entry: Entry | undefined,
    cancellation: Cancellation,
    look: Look,
  ): Promise<DiskFile | undefined> {
    const { signal } = cancellation
    const now = this.#now()
    const known = entry?.lease.held
    if (entry !== undefined && known?.state === 'current') {
      const isUnchanged = await inTime(cancellation, () => look(id, known))
      // Nobody waits for it any more: the file has left the cache, or a later look has found what this one did not.
      signal.throwIfAborted()
      if (isUnchanged) {
        Object.assign(entry, this.#trustSince(now))
        return known
      }
      if (entry.refresh?.state === 'looking') entry.refresh.state = 'looked'
    }
    const lease = await this.#finder.open(id, cancellation)
    // Nobody has waited for it for some time, in which a later lookup may have found a newer file.
    if (signal.aborted && this.#entries.peek(id) !== entry) {
      lease?.release()
      throw signal.reason as Error
    }
    if (lease === undefined) this.#entries.delete(id)
    else this.#keep(id, { lease, usedAt: now, ...this.#trustSince(now) })
    return lease?.held
  }

  /** What an entry says after a look that began then and has just come back. */
  #trustSince(checkedAt: number): Pick<Entry, 'checkedAt' | 'trustedUntil' | 'refresh'> {
    const until = Math.max(checkedAt + TRUSTED_FOR, this.#now() + TRUSTED_AFTER_LOOK)
    return { checkedAt, trustedUntil: until, refresh: undefined }
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

function trustedUntil(entry: Entry): number {
  const { refresh } = entry
  return refresh?.state === 'looking' ? refresh.startedAt + TRUSTED_WHILE_LOOKING : entry.trustedUntil
}

function leave({ refresh }: Entry): void {
  if (refresh === undefined) return
  refresh.state = 'left'
  refresh.hold.abort()
}
