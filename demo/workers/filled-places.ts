/** Keeps each place of a team filled: a worker that has ended, or drains, is followed by another one. */
import type { StreamLogger } from 'express-signed-stream'
import type { WorkerEnd, WorkerProcess } from './worker-process'

export interface PlacesOptions {
  /** Starts a worker; throws if the system has no room for a process. */
  readonly fork: () => WorkerProcess
  readonly logger: StreamLogger
  /** Called when a worker has ended, or drains, without a request to. */
  readonly onReplace: () => void
  /** Milliseconds after which a worker that drains without a request to is killed. */
  readonly drainPatience: number
}

/** Milliseconds that a worker must have served for the next one to start at once. */
const STEADY_AFTER = 10_000

/** Milliseconds before the next start, after the first worker that ended early, and at most; doubled each time. */
const FIRST_DELAY = 1000
const LONGEST_DELAY = 30_000

/** Milliseconds for this process to get the signal that lets a worker drain: a terminal sends it to all of them. */
const SAME_SIGNAL = 500

export class FilledPlaces {
  readonly #options: PlacesOptions
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #replaced = new WeakSet<WorkerProcess>()
  /** Nobody is replaced after `close`. */
  #state: 'open' | 'closed' = 'open'

  constructor(options: PlacesOptions) {
    this.#options = options
  }

  /**
   * Fills an empty place.
   *
   * @param early how many workers before this one ended early, one after the other
   * @returns undefined if the system has no room for a process: then it is tried again; also after `close`
   */
  fill(early = 0): WorkerProcess | undefined {
    if (this.#state === 'closed') return undefined
    const { fork, logger } = this.#options
    try {
      const worker = fork()
      this.keepFilled(worker, early)
      return worker
    } catch (err) {
      const delay = delayAfter(early + 1)
      logger.error({ err, delay_ms: delay }, 'A worker cannot be started: it is tried again')
      this.#later(delay, () => {
        this.fill(early + 1)
      })
      return undefined
    }
  }

  /** Replaces `worker` as soon as it accepts no more connections. */
  keepFilled(worker: WorkerProcess, early = 0): void {
    void worker.ended.then(end => {
      this.#replace(worker, early, end)
    })
    void worker.draining.then(() => {
      if (worker.state !== 'draining' || this.#state === 'closed') return
      worker.killLater(this.#options.drainPatience)
      this.#later(SAME_SIGNAL, () => {
        this.#replace(worker, early, {})
      })
    })
  }

  /** From now on, no place is filled. */
  close(): void {
    this.#state = 'closed'
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #replace(worker: WorkerProcess, early: number, how: Partial<WorkerEnd>): void {
    if (this.#state === 'closed' || this.#replaced.has(worker)) return
    this.#replaced.add(worker)
    const { onReplace, logger } = this.#options
    const isEarly = performance.now() - worker.startedAt < STEADY_AFTER
    const delay = isEarly ? delayAfter(early) : 0
    const { id, pid } = worker
    onReplace()
    logger.error({ worker: id, pid, ...how, delay_ms: delay }, 'A worker ended: it is replaced')
    this.#later(delay, () => {
      this.fill(isEarly ? early + 1 : 0)
    })
  }

  /** @param delay milliseconds */
  #later(delay: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, delay)
    this.#timers.add(timer)
  }
}

/** @returns milliseconds before the next start, if `early` workers ended early before */
function delayAfter(early: number): number {
  return early === 0 ? 0 : Math.min(FIRST_DELAY * 2 ** (early - 1), LONGEST_DELAY)
}
