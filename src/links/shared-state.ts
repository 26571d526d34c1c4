/**
 * The state that nodes share, behind a time limit. While it does not respond, no request waits for it: a call fails at
 * once, and only {@link SharedState.probe} asks again.
 *
 * - `there`: it responded to the last call
 * - `away`: it did not; a probe that succeeds moves it back
 */
import { isThenable, type MaybePromise } from '../callbacks'
import { withTimeLimit } from '../time-limit'
import type { LinkState } from './state/link-state'

/** Milliseconds. */
const TIME_LIMIT = 500

export interface SharedStateHooks {
  readonly onAway: (cause: unknown) => void
  readonly onBack: () => void
}

export class SharedState {
  readonly #state: LinkState
  readonly #hooks: SharedStateHooks
  #condition: 'there' | 'away' = 'there'

  constructor(state: LinkState, hooks: SharedStateHooks) {
    this.#state = state
    this.#hooks = hooks
  }

  get isAway(): boolean {
    return this.#condition === 'away'
  }

  /** @throws (rejects with) what the state throws, or an error if it is away or does not respond in time */
  call<T>(operation: (state: LinkState) => MaybePromise<T>): MaybePromise<T> {
    if (this.isAway) return Promise.reject(new Error('The state of links does not respond'))
    return this.probe(operation)
  }

  /** As `call`, but asks even while the state is away. */
  probe<T>(operation: (state: LinkState) => MaybePromise<T>): MaybePromise<T> {
    let result: MaybePromise<T>
    try {
      result = operation(this.#state)
    } catch (error) {
      return Promise.reject(this.#away(error))
    }
    if (!isThenable(result)) {
      this.#back()
      return result
    }
    return withTimeLimit(TIME_LIMIT, result, tooLate).then(
      value => {
        this.#back()
        return value
      },
      (error: unknown) => {
        throw this.#away(error)
      },
    )
  }

  #away(error: unknown): Error {
    const cause = error instanceof Error ? error : new Error('The state of links failed', { cause: error })
    // A list that is full is an answer.
    if (cause.name !== 'RevocationListFull' && this.#condition === 'there') {
      this.#condition = 'away'
      this.#hooks.onAway(cause)
    }
    return cause
  }

  #back(): void {
    if (this.#condition === 'there') return
    this.#condition = 'there'
    this.#hooks.onBack()
  }
}

function tooLate(): Error {
  return new Error(`The state of links did not respond within ${TIME_LIMIT} ms`)
}
