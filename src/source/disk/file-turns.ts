/**
 * Lets openings and reads of files begin, so many at a time. The pool of threads serves what came first: a listener who
 * comes would wait behind what all others read ahead, and so would a look at a file that is in memory. What needs no turn
 * (looks, the state of an open file) finds at most a few tasks before it in the pool.
 */
import { Roster, type RosterEntry } from '../../roster'
import { threadPoolSize } from './thread-pool'

/** Threads from which on one is left free for the work of others. With few, that would cost more than it gives. */
const LARGE_POOL = 16

/** Of a small pool: while the event loop hands on the turn of one that has ended, its thread does another. */
const TURNS_PER_THREAD = 2

/** Of each so many turns that are passed on, one goes to `rest` even if others wait. */
const REST_EVERY = 4

/** Of each so many turns that go to `start` or `open`, one goes to `open` even if first bytes always wait. */
const OPEN_EVERY = 4

/**
 * What a task is for:
 *
 * - `open`: to find and open a file
 * - `start`: the first bytes of a response, whose file is open. They go first: if all openings did, no listener of a crowd
 *   would start before the last of them has come. But not always: a client who seeks without end would keep all others out
 * - `rest`: more for a client that has some
 */
export type TaskPurpose = 'open' | 'start' | 'rest'

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
  #passedToFirst = 0
  /** Of each purpose, in the order in which they came. */
  readonly #waiting: Readonly<Record<TaskPurpose, Roster<Settle>>> = {
    open: new Roster(),
    start: new Roster(),
    rest: new Roster(),
  }

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
    const waiting = this.#waiting[purpose]
    let entry: RosterEntry<Settle> | undefined
    const isReached = new Promise<boolean>(resolve => {
      entry = waiting.add(resolve)
    })
    return {
      isReached,
      withdraw: () => {
        if (waiting.remove(entry)) entry?.member(false)
      },
    }
  }

  /** A task has ended: its turn goes to another. */
  end(): void {
    const next = this.#chooseNext().shift()
    if (next === undefined) this.#running--
    else next(true)
  }

  #chooseNext(): Roster<Settle> {
    const { open, start, rest } = this.#waiting
    const isForOthers = start.size + open.size > 0 && (rest.size === 0 || ++this.#passed % REST_EVERY !== 0)
    if (!isForOthers) return rest
    const isForOpen = open.size > 0 && (start.size === 0 || ++this.#passedToFirst % OPEN_EVERY === 0)
    return isForOpen ? open : start
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
