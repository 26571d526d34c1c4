/** Files that were asked for lately, kept open, so that a request for one makes no system call. */
import { LRUCache } from 'lru-cache'
import type { DiskFile } from './disk-file'
import { SharedWork } from '../shared-work'
import type { Cancellation, OpenTrack } from '../source'

/** Milliseconds for which a file is served without looking whether it was replaced. */
const TRUSTED_FOR = 1000

/** Milliseconds after which a file that nobody reads or asks for is closed. */
const KEPT_FOR = 10_000

/** Looks for the file of an id: `known` itself where it is there as it was, else another, held for the caller. */
export type Look = (
  id: string,
  known: DiskFile | undefined,
  cancellation: Cancellation,
) => Promise<DiskFile | undefined>

interface Entry {
  readonly file: DiskFile
  checkedAt: number
  usedAt: number
}

export class DescriptorCache {
  readonly #look: Look
  readonly #entries: LRUCache<string, Entry>
  /** Looks in progress, which requests for the same id share. */
  readonly #looks = new SharedWork<string, DiskFile | undefined>()
  #sweeper: NodeJS.Timeout | undefined

  /** @param maxFiles how many files are kept open, besides those that are being read */
  constructor(maxFiles: number, look: Look) {
    this.#look = look
    this.#entries = new LRUCache({
      max: maxFiles,
      dispose: ({ file }) => {
        file.release()
      },
    })
  }

  open(id: string, cancellation: Cancellation): OpenTrack | undefined | Promise<OpenTrack | undefined> {
    const entry = this.#entries.get(id)
    if (entry !== undefined) {
      entry.usedAt = performance.now()
      if (entry.usedAt - entry.checkedAt < TRUSTED_FOR && !entry.file.isStale) return entry.file.track()
    }
    return this.#lookTogether(id, entry, cancellation)
  }

  /** The file of `id` if it is kept open, whether it was looked at lately or not. */
  peek(id: string): DiskFile | undefined {
    return this.#entries.peek(id)?.file
  }

  /** Closes what nobody reads. */
  clear(): void {
    this.#entries.clear()
  }

  async #lookTogether(
    id: string,
    entry: Entry | undefined,
    cancellation: Cancellation,
  ): Promise<OpenTrack | undefined> {
    const file = await this.#looks.join(id, cancellation, shared => this.#lookOnce(id, entry, shared))
    if (file === undefined) return undefined
    // It may have had to make room in the meantime.
    return file.track() ?? this.open(id, cancellation)
  }

  async #lookOnce(
    id: string,
    entry: Entry | undefined,
    cancellation: Cancellation,
  ): Promise<DiskFile | undefined> {
    const now = performance.now()
    const known = entry?.file.isStale === false ? entry.file.track() : undefined
    try {
      const file = await this.#look(id, known && entry?.file, cancellation)
      if (file === undefined) this.#entries.delete(id)
      else if (file === entry?.file) entry.checkedAt = now
      else this.#keep(id, { file, checkedAt: now, usedAt: now })
      return file
    } finally {
      known?.close()
    }
  }

  #keep(id: string, entry: Entry): void {
    this.#entries.set(id, entry)
    this.#sweeper ??= setInterval(() => {
      this.#sweep()
    }, KEPT_FOR / 2).unref()
  }

  #sweep(): void {
    const limit = performance.now() - KEPT_FOR
    for (const [id, { file, usedAt }] of this.#entries) {
      // Who comes while it is open anyway shares it.
      if (usedAt < limit && !file.isRead) this.#entries.delete(id)
    }
    if (this.#entries.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }
}
