/** Logs which workers do not respond, once for each time: /readyz says no more than that one does not. */
import type { StreamLogger } from 'express-signed-stream'
import type { Answered } from './ask-workers'

export class SilentWorkers {
  readonly #logger: StreamLogger
  readonly #silent = new Set<number>()

  constructor(logger: StreamLogger) {
    this.#logger = logger
  }

  /** @param answered the response of each worker that got the request, or that there was none */
  note(answered: readonly Answered<unknown>[]): void {
    for (const { worker, pid, isAnswer } of answered) {
      if (isAnswer === !this.#silent.has(worker)) continue
      if (isAnswer) {
        this.#silent.delete(worker)
        this.#logger.info({ worker, pid }, 'A worker responds again')
      } else {
        this.#silent.add(worker)
        this.#logger.error({ worker, pid }, 'A worker does not respond')
      }
    }
  }

  /** Called when a worker has ended. */
  forget(worker: number): void {
    this.#silent.delete(worker)
  }
}
