/** Reports each call of a storage as an event. */
import type { StreamFetchEvent } from '../../events'
import { isOutdated } from '../source'
import { TimeLimitExceeded } from './within'

export type OnFetch = (event: StreamFetchEvent) => void

export class Report {
  readonly #onFetch: OnFetch
  readonly #id: string
  readonly #operation: StreamFetchEvent['operation']
  readonly #attempt: number
  readonly #startedAt = performance.now()
  #firstByteMs: number | undefined

  /** @param id of the request that first needed the track */
  constructor(onFetch: OnFetch, id: string, operation: StreamFetchEvent['operation'], attempt: number) {
    this.#onFetch = onFetch
    this.#id = id
    this.#operation = operation
    this.#attempt = attempt
  }

  /** Called when the storage has responded; only the first call counts. */
  noteFirstByte(): void {
    this.#firstByteMs ??= performance.now() - this.#startedAt
  }

  fail(bytes: number, cause: unknown): void {
    this.end(outcomeOf(cause), bytes, cause)
  }

  end(outcome: StreamFetchEvent['outcome'], bytes: number, cause?: unknown): void {
    this.#onFetch({
      id: this.#id,
      operation: this.#operation,
      outcome,
      attempt: this.#attempt,
      bytes,
      firstByteMs: this.#firstByteMs,
      durationMs: performance.now() - this.#startedAt,
      cause,
    })
  }
}

function outcomeOf(error: unknown): StreamFetchEvent['outcome'] {
  if (error instanceof TimeLimitExceeded) return 'timed_out'
  return isOutdated(error) ? 'changed' : 'failed'
}
