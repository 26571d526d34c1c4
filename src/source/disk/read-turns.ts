/**
 * Lets reads of files begin: if the thread pool is large, one thread fewer than it has, so that looks at names, openings
 * and the work of others do not wait behind reads. With few threads that would cost more than it gives.
 */
import { threadPoolSize } from './thread-pool'

/** Threads from which on one is left free. */
const LARGE_POOL = 16

export class ReadTurns {
  readonly #max: number
  #running = 0
  /** In the order in which they came; what has begun lies before {@link #next}. */
  #waiting: (() => void)[] = []
  #next = 0

  /** @param threads of the pool */
  constructor(threads = threadPoolSize()) {
    this.#max = threads < LARGE_POOL ? Infinity : threads - 1
  }

  /** Calls `begin` when it is the turn of this read, possibly before it returns. {@link end} must follow. */
  request(begin: () => void): void {
    if (this.#running < this.#max) {
      this.#running++
      begin()
    } else {
      this.#waiting.push(begin)
    }
  }

  /** A read has ended: its turn goes to the one that waits for longest. */
  end(): void {
    const begin = this.#waiting[this.#next]
    if (begin === undefined) {
      this.#running--
      return
    }
    this.#next++
    if (this.#next === this.#waiting.length) {
      this.#waiting = []
      this.#next = 0
    }
    begin()
  }
}
