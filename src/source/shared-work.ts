/** Work that several requests need at the same time: it is done once, and aborted when the last of them has left. */
import type { Cancellation } from './source'
import { untilAborted } from './until-aborted'

interface Task<Result> {
  readonly result: Promise<Result>
  readonly abort: AbortController
  waiting: number
}

export class SharedWork<Key, Result> {
  readonly #tasks = new Map<Key, Task<Result>>()

  /**
   * Joins the work for `key`, or begins it.
   *
   * @param cancellation ends the wait of this caller, and the work if nobody else waits for it
   * @param work must honour its signal
   * @returns the result; rejects as `work` does, or with the reason of the signal of `cancellation`
   */
  async join(
    key: Key,
    cancellation: Cancellation,
    work: (cancellation: Cancellation) => Promise<Result>,
  ): Promise<Result> {
    const { signal } = cancellation
    signal.throwIfAborted()
    const task = this.#tasks.get(key) ?? this.#begin(key, work)
    task.waiting++
    try {
      return await untilAborted(task.result, signal)
    } finally {
      if (--task.waiting === 0) {
        // This task may be about to abort, so a later request begins its own.
        this.#forget(key, task)
        task.abort.abort()
      }
    }
  }

  #begin(key: Key, work: (cancellation: Cancellation) => Promise<Result>): Task<Result> {
    const abort = new AbortController()
    const task: Task<Result> = { result: work(abort), abort, waiting: 0 }
    this.#tasks.set(key, task)
    // Somebody must handle a rejection that comes when nobody waits any more.
    task.result
      .catch(() => undefined)
      .finally(() => {
        this.#forget(key, task)
      })
    return task
  }

  #forget(key: Key, task: Task<Result>): void {
    if (this.#tasks.get(key) === task) this.#tasks.delete(key)
  }
}
