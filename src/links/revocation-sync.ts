/**
 * Keeps the list of this node and the shared one alike: reads what was added once a second, and writes back what the
 * shared one lacks, because it came back empty or was away. Lists are merged, never replaced, so that no fault of a data
 * base makes a revoked link valid.
 */
import type { RevocationList } from './revocation-list'
import type { SharedState } from './shared-state'
import type { RevocationEntry, RevocationPage } from './state/link-state'

/** Entries that are written back at a time. */
const MAX_WRITTEN = 100

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
  readonly #shared: SharedState
  readonly #hooks: RevocationSyncHooks
  #state: State = 'starting'
  #cursor: string | undefined
  #isPolling = false
  /** What the shared list lacks, as far as this node knows. */
  readonly #lacking: RevocationEntry[] = []

  constructor(list: RevocationList, shared: SharedState, hooks: RevocationSyncHooks) {
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
      this.#lacking.push(entry)
      throw error
    }
  }

  async #readAll(): Promise<void> {
    let received: Set<string> | undefined
    let page: RevocationPage
    do {
      const cursor = this.#cursor
      page = await this.#shared.probe(state => state.revocations.read(cursor))
      if (page.isStart) received = new Set()
      for (const entry of page.entries) received?.add(textOf(entry))
      this.#hooks.onEntries(page.entries)
      this.#cursor = page.cursor
    } while (page.hasMore)
    if (received !== undefined) this.#findLacking(received)
  }

  #findLacking(received: ReadonlySet<string>): void {
    for (const entry of this.#list.entries()) {
      if (!received.has(textOf(entry))) this.#lacking.push(entry)
    }
  }

  async #writeBack(): Promise<void> {
    const now = this.#hooks.now()
    for (let count = 0; count < MAX_WRITTEN; count++) {
      const [entry] = this.#lacking
      if (entry === undefined) return
      if (entry.until === undefined || entry.until >= now) {
        await this.#shared.call(async state => state.revocations.add(entry, this.#limits()))
      }
      this.#lacking.shift()
    }
  }

  #limits(): { readonly max: number; readonly now: number } {
    return { max: this.#hooks.max, now: this.#hooks.now() }
  }
}

function textOf({ kind, value, before, endsStreams }: RevocationEntry): string {
  return `${kind} ${before} ${endsStreams} ${value}`
}
