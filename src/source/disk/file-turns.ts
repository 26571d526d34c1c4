/**
 * Lets openings and reads of files begin, so many at a time. The pool of threads serves what came first: a listener who
 * comes would wait behind what all others read ahead, and so would a look at a file that is in memory. What needs no turn
 * (looks, the state of an open file) finds at most a few tasks before it in the pool.
 */
import { threadPoolSize } from './thread-pool'

/** Threads from which on one is left free for the work of others. With few, that would cost more than it gives. */
const LARGE_POOL = 16

/** Of a small pool: while the event loop hands on the turn of one that has ended, its thread does another. */
const TURNS_PER_THREAD = 2

/** Of each so many turns that are passed on, one goes to `rest` even if a `start` waits. */
const REST_EVERY = 4

/** What a task is for: the first bytes of a response, or more of one whose client has some. */
export type TaskPurpose = 'start' | 'rest'

/** A task that waits for its turn. */
export interface WaitingTurn {
  /** Resolves when it is its turn, which {@link Turns.end} must follow, or with false if it was withdrawn. */
  readonly isReached: Promise<boolean>
  /** Does nothing once it is its turn. */
  readonly withdraw: () => void
}

type Settle = (isReached: boolean) => void

export class Turns {
  readonly #max: number
  #running = 0
  #passed = 0
  /** In the order in which they came. */
  readonly #starts = new Set<Settle>()
  readonly #rests = new Set<Settle>()

  /** @param max tasks at a time */
  constructor(max: number) {
    this.#max = max
  }

  /** Undefined if it is the turn of this task at once; {@link end} must follow. */
  begin(purpose: TaskPurpose): WaitingTurn | undefined {
    if (this.#running < this.#max) {
      this.#running++
      return undefined
    }
    const waiting = purpose === 'start' ? this.#starts : this.#rests
    let settle: Settle | undefined
    const isReached = new Promise<boolean>(resolve => {
      settle = resolve
      waiting.add(resolve)
    })
    return {
      isReached,
      withdraw: () => {
        if (settle !== undefined && waiting.delete(settle)) settle(false)
      },
    }
  }

  /** A task has ended: its turn goes to another. */
  end(): void {
    const isForRest = this.#starts.size === 0 || (this.#rests.size > 0 && ++this.#passed % REST_EVERY === 0)
    const waiting = isForRest ? this.#rests : this.#starts
    const [next] = waiting
    if (next === undefined) {
      this.#running--
      return
    }
    waiting.delete(next)
    next(true)
  }

  /**
   * Does `work` when it is its turn.
   *
   * @throws what `work` rejects with, or the reason of `signal` if that aborts before
   */
  async run<Result>(
    purpose: TaskPurpose,
    work: () => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    signal?.throwIfAborted()
    const waiting = this.begin(purpose)
    if (waiting !== undefined) {
      signal?.addEventListener('abort', waiting.withdraw)
      const isReached = await waiting.isReached
      signal?.removeEventListener('abort', waiting.withdraw)
      if (!isReached) throw signal?.reason as Error
    }
    try {
      return await work()
    } finally {
      this.end()
    }
  }
}

/** @param threads of the pool */
export function turnsOf(threads: number): number {
  return threads < LARGE_POOL ? threads * TURNS_PER_THREAD : threads - 1
}

let shared: Turns | undefined

/** Of all files of the process. Made for the first of them: the program may set the size of the pool when it starts. */
export function fileTurns(): Turns {
  return (shared ??= new Turns(turnsOf(threadPoolSize())))
}
