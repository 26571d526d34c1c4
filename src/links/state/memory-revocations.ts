/** The list of revocations in the memory of this process, for all `createLinks` that share the state. */
import { randomUUID } from 'node:crypto'
import { RevocationListFull, type AddOptions, type RevocationEntry, type RevocationPage } from './link-state'
import { pageOf } from './revocation-page'

export class MemoryRevocations {
  readonly #entries = new Map<string, RevocationEntry>()
  /** Another name whenever entries are forgotten: the places of the others change. */
  #name = randomUUID()

  add(entry: RevocationEntry, { max, now }: AddOptions): void {
    const text = JSON.stringify(Object.entries(entry).sort())
    if (this.#entries.has(text)) return
    if (this.#entries.size >= max) this.#dropEnded(now)
    if (this.#entries.size >= max) throw new RevocationListFull(max)
    this.#entries.set(text, entry)
  }

  read(cursor: string | undefined): RevocationPage {
    return pageOf(this.#entries, this.#name, cursor)
  }

  #dropEnded(now: number): void {
    for (const [text, { until }] of this.#entries) {
      if (until !== undefined && until < now) this.#entries.delete(text)
    }
    this.#name = randomUUID()
  }
}
