/**
 * Keeps the list of this node and the shared one the same: once a second, reads what was added; and writes back what the
 * shared one lacks, because it came back empty or was away. Lists are merged, never replaced, so that no fault of a data
 * base makes a revoked link valid.
 */
import type { RevocationList } from './revocation-list'
import type { SharedState } from './shared-state'
import type { RevocationEntry, RevocationPage, RevocationState } from './state/link-state'

/** Entries that are written back at once. */
const BATCH = 100
/** Entries that are written back after one reading, so that the next one is not late. */
const MAX_WRITTEN = 1000

export interface RevocationSyncHooks {
  /** Called with what another node added. */
  readonly onEntries: (entries: readonly RevocationEntry[]) => void
  readonly max: number
  /** Seconds since the epoch. */
  readonly now: () => number
}

/**
 * - `starting`: the shared list was not read yet, so nobody knows what is revoked
 * - `ready`: it was
 */
type State = 'starting' | 'ready'

export class RevocationSync {
  readonly #list: RevocationList
  readonly #shared: SharedState<RevocationState>
  readonly #hooks: RevocationSyncHooks
  #state: State = 'starting'
  #cursor: string | undefined
  #isPolling = false
  /** What was read since the beginning of the list, until its end: a reading may fail in between and go on later. */
  #received: Set<string> | undefined
  /** What the shared list lacks, as far as this node knows. */
  readonly #lacking = new Map<string, RevocationEntry>()

  constructor(list: RevocationList, shared: SharedState<RevocationState>, hooks: RevocationSyncHooks) {
    this.#list = list
    this.#shared = shared
    this.#hooks = hooks
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** Never rejects. */
  async poll(): Promise<void> {
    if (this.#isPolling) return
    this.#isPolling = true
    try {
      await this.#readAll()
      this.#state = 'ready'
      await this.#writeBack()
    } catch {
      // The shared state reports that it is away, and the next poll tries again.
    } finally {
      this.#isPolling = false
    }
  }

  /** Shares an entry; if that fails, it is tried again once a second. */
  async add(entry: RevocationEntry): Promise<void> {
    try {
      await this.#shared.call(async state => state.revocations.add(entry, this.#limits()))
    } catch (error) {
      this.#lacking.set(textOf(entry), entry)
      throw error
    }
  }

  async #readAll(): Promise<void> {
    let page: RevocationPage
    do {
      const cursor = this.#cursor
      page = await this.#shared.probe(state => state.revocations.read(cursor))
      if (page.isStart) this.#received = new Set()
      for (const entry of page.entries) this.#received?.add(textOf(entry))
      this.#hooks.onEntries(page.entries)
      this.#cursor = page.cursor
    } while (page.hasMore && page.entries.length > 0)
    if (this.#received !== undefined) this.#findLacking(this.#received)
    this.#received = undefined
  }

  #findLacking(received: ReadonlySet<string>): void {
    for (const entry of this.#list.entries()) {
      const text = textOf(entry)
      if (!received.has(text)) this.#lacking.set(text, entry)
    }
  }

  async #writeBack(): Promise<void> {
    for (let written = 0; written < MAX_WRITTEN && this.#lacking.size > 0; written += BATCH) {
      const now = this.#hooks.now()
      const batch = this.#nextBatch()
      await Promise.all(
        batch.map(async ([text, entry]) => {
          if (entry.until === undefined || entry.until >= now) {
            await this.#shared.call(async state => state.revocations.add(entry, this.#limits()))
          }
          this.#lacking.delete(text)
        }),
      )
    }
  }

  #nextBatch(): [string, RevocationEntry][] {
    const batch: [string, RevocationEntry][] = []
    for (const lacking of this.#lacking) {
      if (batch.length === BATCH) break
      batch.push(lacking)
    }
    return batch
  }

  #limits(): { readonly max: number; readonly now: number } {
    return { max: this.#hooks.max, now: this.#hooks.now() }
  }
}

function textOf({ kind, value, before, endsStreams }: RevocationEntry): string {
  return `${kind} ${before} ${endsStreams} ${value}`
}
