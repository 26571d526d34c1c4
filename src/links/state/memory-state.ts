/** The state of links in the memory of this process: for one process, and for tests. */
import type {
  AddOptions,
  BeginOptions,
  HoldOptions,
  LinkState,
  RevocationEntry,
  RevocationPage,
} from './link-state'
import { MemoryListeners } from './memory-listeners'
import { MemoryPlaces } from './memory-places'
import { MemoryRevocations } from './memory-revocations'

/** Keys of listeners, some 250 bytes each. */
const MAX_LISTENERS = 100_000

export class MemoryState implements LinkState {
  readonly listeners = new MemoryListeners(MAX_LISTENERS, monotonicSeconds)
  readonly places = new MemoryPlaces(monotonicSeconds)
  readonly #revocations = new MemoryRevocations()
  readonly #streams = new Map<string, { readonly texts: readonly string[]; readonly until: number }>()

  readonly revocations = {
    add: (entry: RevocationEntry, options: AddOptions): void => {
      this.#revocations.add(entry, options)
    },
    read: (cursor: string | undefined): RevocationPage => this.#revocations.read(cursor),
  }

  readonly streams = {
    publish: (node: string, texts: readonly string[], seconds: number): void => {
      this.#streams.set(node, { texts, until: monotonicSeconds() + seconds })
    },
    read: (): readonly string[] => {
      const now = monotonicSeconds()
      for (const [node, { until }] of this.#streams) if (until <= now) this.#streams.delete(node)
      return Array.from(this.#streams.values()).flatMap(({ texts }) => texts)
    },
  }

  begin(link: string, keys: readonly string[], options: BeginOptions): 'begun' | 'known' | 'full' {
    return this.listeners.begin(link, keys, options)
  }

  hold(subject: string, keys: readonly string[], options: HoldOptions): 'held' | 'full' | 'displaced' {
    return this.places.hold(subject, keys, options)
  }
}

/**
 * Makes a state that lives in this process: several `createLinks` can share it, and it ends with the process.
 *
 * @example
 * const links = createLinks({ secret, state: memoryState() })
 */
export function memoryState(): LinkState {
  return new MemoryState()
}

function monotonicSeconds(): number {
  return performance.now() / 1000
}
