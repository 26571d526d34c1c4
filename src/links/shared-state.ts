/**
 * The state that nodes share, behind a time limit. While it does not respond, no request waits for it: a call fails at
 * once, and only {@link SharedState.probe} asks again.
 *
 * - `there`: it responded to the last call
 * - `away`: it did not; a probe that succeeds moves it back
 */
import { isNativeError } from 'node:util/types'
import { isThenable, type MaybePromise } from '../callbacks'
import { withTimeLimit } from '../time-limit'
import type { LinkState, RevocationState } from './state/link-state'

/** Milliseconds for which a request waits at most. */
const REQUEST_LIMIT = 500
/** Milliseconds for a state that no request waits for: a disk that is busy takes seconds. */
export const UNHURRIED_LIMIT = 10_000

export interface SharedStateHooks {
  readonly onAway: (cause: unknown) => void
  readonly onBack: () => void
}

export class SharedState<State extends RevocationState = LinkState> {
  readonly #state: State
  readonly #hooks: SharedStateHooks
  readonly #timeLimit: number
  #condition: 'there' | 'away' = 'there'

  /** @param timeLimit of each call, in milliseconds */
  constructor(state: State, hooks: SharedStateHooks, timeLimit = REQUEST_LIMIT) {
    this.#state = state
    this.#hooks = hooks
    this.#timeLimit = timeLimit
  }

  get isAway(): boolean {
    return this.#condition === 'away'
  }

  /** @throws (rejects with) what the state throws, or an error if it is away or does not respond in time */
  call<T>(operation: (state: State) => MaybePromise<T>): MaybePromise<T> {
    if (this.isAway) return Promise.reject(new Error('The state of links does not respond'))
    return this.probe(operation)
  }

  /** As `call`, but asks even while the state is away. */
  probe<T>(operation: (state: State) => MaybePromise<T>): MaybePromise<T> {
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
    return withTimeLimit(this.#timeLimit, result, () => tooLate(this.#timeLimit)).then(
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
    // Also an error of another realm, as those of the file system are in Jest.
    const cause = isNativeError(error) ? error : new Error('The state of links failed', { cause: error })
    // A list that is full is no fault of the store.
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

function tooLate(timeLimit: number): Error {
  return new Error(`The state of links did not respond within ${timeLimit} ms`)
}
