/** Who began with a link, here and on other nodes. */
import type { MaybePromise } from '../callbacks'
import type { SharedState } from './shared-state'
import type { MemoryListeners } from './state/memory-listeners'

interface Begun {
  readonly link: string
  readonly keys: readonly string[]
  readonly seconds: number
}

/** Listeners of one link that nodes share, if the link does not limit them. */
const MAX_SHARED = 100_000

/** Beginnings that are kept for a shared state that is away. */
const MAX_UNSAVED = 10_000

export class LinkSessions {
  readonly #own: MemoryListeners
  readonly #shared: SharedState | undefined
  readonly #unsaved: Begun[] = []

  constructor(own: MemoryListeners, shared: SharedState | undefined) {
    this.#own = own
    this.#shared = shared
  }

  /** Whether this node knows that the listener began. */
  isKnown(link: string, keys: readonly string[]): boolean {
    return this.#own.isKnown(link, keys)
  }

  get hasOtherNodes(): boolean {
    return this.#shared !== undefined
  }

  /** Notes that a listener begins, or more of its keys, without waiting for anybody. */
  note(link: string, keys: readonly string[], seconds: number): void {
    const result = this.#own.begin(link, keys, { limit: Infinity, seconds })
    if (result === 'begun' && this.#shared !== undefined) this.#share({ link, keys, seconds })
  }

  /**
   * Notes that a listener begins, if fewer than `limit` did.
   *
   * @throws (or rejects with) what the shared state fails with
   */
  begin(
    link: string,
    keys: readonly string[],
    limit: number,
    seconds: number,
  ): MaybePromise<'begun' | 'known' | 'full'> {
    if (this.#shared === undefined) return this.#own.begin(link, keys, { limit, seconds })
    const result = this.#shared.call(state => state.begin(link, keys, { limit, seconds }))
    return result instanceof Promise
      ? result.then(known => this.#remember(link, keys, seconds, known))
      : this.#remember(link, keys, seconds, result)
  }

  /** Whether another node knows that the listener began. */
  ask(link: string, keys: readonly string[], seconds: number): MaybePromise<boolean> {
    const result = this.begin(link, keys, 0, seconds)
    return result instanceof Promise ? result.then(isKnown) : isKnown(result)
  }

  /** Called when the shared state responds again. */
  saveAll(): void {
    for (const begun of this.#unsaved.splice(0)) this.#share(begun)
  }

  #share(begun: Begun): void {
    const { link, keys, seconds } = begun
    const result = this.#shared?.call(state => state.begin(link, keys, { limit: MAX_SHARED, seconds }))
    if (!(result instanceof Promise)) return
    result.catch(() => {
      if (this.#unsaved.length < MAX_UNSAVED) this.#unsaved.push(begun)
    })
  }

  #remember(
    link: string,
    keys: readonly string[],
    seconds: number,
    result: 'begun' | 'known' | 'full',
  ): 'begun' | 'known' | 'full' {
    if (result === 'begun' || result === 'known') this.#own.begin(link, keys, { limit: Infinity, seconds })
    return result
  }
}

function isKnown(result: 'begun' | 'known' | 'full'): boolean {
  return result === 'known'
}
