import type { Grant } from '../signing/authenticate-link'
import type { Cancellation } from './source'
import type { LocateContext } from './track-source'

/**
 * What a function of the app gets besides the id. Makes a signal only if it is read: most functions respond at once, from
 * memory.
 */
export class CallContext implements LocateContext {
  readonly grant: Grant | undefined
  readonly client: Cancellation
  #own: AbortController | undefined
  readonly #onLeave = (): void => {
    this.#own?.abort(this.client.signal.reason)
  }

  constructor(grant: Grant | undefined, client: Cancellation) {
    this.grant = grant
    this.client = client
  }

  get signal(): AbortSignal {
    if (this.#own === undefined) {
      this.#own = new AbortController()
      const { signal } = this.client
      if (signal.aborted) this.#onLeave()
      else signal.addEventListener('abort', this.#onLeave)
    }
    return this.#own.signal
  }

  /** Called when the time is up. */
  abort(reason: Error): void {
    this.#own?.abort(reason)
  }

  /** Called at the end of the call. The signal may belong to the app, which may use one for thousands of calls. */
  settle(): void {
    if (this.#own !== undefined) this.client.signal.removeEventListener('abort', this.#onLeave)
  }
}
