/** All workers: each place in the team always has one, except while a worker that ends at once waits for its next start. */
import cluster from 'node:cluster'
import type { StreamLogger } from 'express-signed-stream'
import type { DrainOutcome } from '../process/drain'
import { within } from '../work/time-limit'
import type { Relayed } from './peers'
import { WorkerProcess, type WorkerEnd } from './worker-process'

export interface TeamOptions {
  readonly size: number
  /** Variables of each worker, over those of this process. */
  readonly environment: Readonly<Record<string, string>>
  readonly logger: StreamLogger
  /** Receives what the workers log. */
  readonly writeLines: (lines: string) => void
  /** Called with each worker before it can ask anything. */
  readonly prepare: (worker: WorkerProcess) => void
  /** Called when a worker has ended, or drains, without being told to. */
  readonly onReplace: () => void
  /** Called with the number of a worker that has ended. */
  readonly onEnd: (id: number) => void
  /** Milliseconds after which a worker that drains without being told to is killed. */
  readonly drainPatience: number
}

/** What one worker answered. */
export interface Answered<Answer> {
  readonly worker: number
  readonly pid: number | undefined
  /** False if it does not answer in time, or fails. */
  readonly isAnswer: boolean
  readonly answer: Answer | undefined
}

export interface AskOptions {
  /** Milliseconds. */
  readonly patience?: number
  /** The number of the worker that asks, which is left out. */
  readonly from?: number
  /** Who is asked. @defaultValue also those that drain, whose streams are still in progress */
  readonly of?: 'all' | 'serving'
}

export interface TeamDrain {
  /** Resolves with the number of streams in progress at its beginning, without those of workers that do not respond. */
  readonly streams: Promise<number>
  /** Resolves when all processes have ended: the outcomes of those that drained, and the number of the others. */
  readonly ended: Promise<{ readonly outcomes: readonly DrainOutcome[]; readonly lost: number }>
}

/** Milliseconds that a worker must have served for the next one to start at once. */
const STEADY_AFTER = 10_000

/** Milliseconds before the next start, after the first worker that ended early, and at most; doubled each time. */
const FIRST_DELAY = 1000
const LONGEST_DELAY = 30_000

/** Milliseconds for a worker to begin its drain, for the log. */
const BEGIN_TIME = 1000

/** The exit code of a worker that has written why. */
const CANNOT_SERVE = 1

/** Milliseconds for this process to get the signal that lets a worker drain: a terminal sends it to all of them. */
const SAME_SIGNAL = 500

/**
 * - `starting`: the first worker shows whether any can serve
 * - `serving`: a worker that ends is replaced
 * - `stopping`: none is
 */
type State = 'starting' | 'serving' | 'stopping'

export class Team {
  readonly #options: TeamOptions
  readonly #workers = new Set<WorkerProcess>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #replaced = new WeakSet<WorkerProcess>()
  #state: State = 'starting'

  constructor(options: TeamOptions) {
    this.#options = options
  }

  /** The workers that accept connections. */
  get serving(): readonly WorkerProcess[] {
    return Array.from(this.#workers).filter(({ state }) => state === 'serving')
  }

  /** The workers that accept connections, and those that drain. */
  get #listeningOnce(): readonly WorkerProcess[] {
    return Array.from(this.#workers).filter(({ state }) => state === 'serving' || state === 'draining')
  }

  /**
   * Resolves when all workers listen, or have ended.
   *
   * @returns the port; undefined if the first worker cannot serve, and so has written why
   * @throws (rejects with) Error if it ends in any other way before it listens
   */
  async start(): Promise<number | undefined> {
    cluster.setupPrimary({
      // Terms of links may be Infinity, which JSON does not have.
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    const first = this.#fork()
    const port = await first.listening
    if (port === undefined) {
      const { code, signal, err } = await first.ended
      if (code === CANNOT_SERVE) return undefined
      throw new Error(`The first worker ended before it listened: ${err?.message ?? signal ?? code}`)
    }
    this.#state = 'serving'
    this.#keepFilled(first, 0)
    const others = Array.from({ length: this.#options.size - 1 }, () => this.#fill(0))
    await Promise.all(others.map(async worker => worker?.listening))
    return port
  }

  /** Asks the workers, all at once. A caller must not take one that does not answer for one that has nothing. */
  async askAll<Answer>(
    name: string,
    value: unknown,
    { patience = 1000, from = 0, of = 'all' }: AskOptions = {},
  ): Promise<Answered<Answer>[]> {
    const workers = of === 'serving' ? this.serving : this.#listeningOnce
    const asked = workers.filter(({ id }) => id !== from)
    const answers = await Promise.all(
      asked.map(async ({ id: worker, pid, channel }) => {
        try {
          const answer = (await channel.ask(name, value, { patience, from })) as Answer
          return { worker, pid, isAnswer: true, answer }
        } catch {
          return { worker, pid, isAnswer: false, answer: undefined }
        }
      }),
    )
    // One that has ended meanwhile, or answers no such question any more, was not late.
    return answers.filter(({ isAnswer }, index) => isAnswer || isExpected(asked[index], of))
  }

  /** @throws (rejects with) Error if no worker answers */
  async askOne<Answer>(name: string, value: unknown, patience: number): Promise<Answer> {
    for (const worker of this.serving) {
      try {
        return (await worker.channel.ask(name, value, { patience })) as Answer
      } catch {
        // The next one may.
      }
    }
    throw new Error(`No worker answers ${name}`)
  }

  tellAll(name: string, value: unknown): void {
    for (const { channel } of this.#workers) channel.tell(name, value)
  }

  /**
   * Drains all workers at the same time.
   *
   * @param patience milliseconds after which they are killed
   */
  stop(patience: number): TeamDrain {
    this.#state = 'stopping'
    for (const timer of this.#timers) clearTimeout(timer)
    const starting = Array.from(this.#workers).filter(({ state }) => state === 'starting')
    for (const worker of starting) worker.kill()
    const workers = Array.from(this.#workers).filter(worker => !starting.includes(worker))
    return {
      streams: Promise.all(workers.map(({ draining }) => within(BEGIN_TIME, draining))).then(counts =>
        counts.reduce<number>((sum, count = 0) => sum + count, 0),
      ),
      ended: Promise.all(
        workers.map(async worker => {
          const outcome = await worker.stop(patience)
          await worker.ended
          return outcome
        }),
      ).then(results => {
        const outcomes = results.filter(outcome => outcome !== undefined)
        return { outcomes, lost: results.length - outcomes.length }
      }),
    }
  }

  /** Ends all workers at once. */
  kill(): void {
    this.#state = 'stopping'
    for (const worker of this.#workers) worker.kill()
  }

  #fork(): WorkerProcess {
    const { environment, logger, writeLines, prepare, onEnd } = this.#options
    const worker = new WorkerProcess(environment, writeLines)
    this.#workers.add(worker)
    prepare(worker)
    logger.debug({ worker: worker.id, pid: worker.pid }, 'Worker started')
    worker.channel.on('others told', ({ name, value }: Relayed) => {
      for (const { id, channel } of this.#workers) {
        if (id !== worker.id) channel.tellIfRoom(name, value, worker.id)
      }
    })
    void worker.ended.then(() => {
      this.#workers.delete(worker)
      onEnd(worker.id)
    })
    return worker
  }

  /**
   * @param early how many workers before this one ended early, one after the other
   * @returns undefined if the system has no room for a process: then it is tried again
   */
  #fill(early: number): WorkerProcess | undefined {
    try {
      const worker = this.#fork()
      this.#keepFilled(worker, early)
      return worker
    } catch (err) {
      const delay = delayAfter(early + 1)
      this.#options.logger.error({ err, delay_ms: delay }, 'A worker cannot be started: it is tried again')
      this.#later(delay, () => {
        this.#fill(early + 1)
      })
      return undefined
    }
  }

  /** Replaces `worker` as soon as it accepts no more connections. */
  #keepFilled(worker: WorkerProcess, early: number): void {
    void worker.ended.then(end => {
      this.#replace(worker, early, end)
    })
    void worker.draining.then(() => {
      if (worker.state !== 'draining' || this.#state === 'stopping') return
      worker.killLater(this.#options.drainPatience)
      this.#later(SAME_SIGNAL, () => {
        this.#replace(worker, early, {})
      })
    })
  }

  #replace(worker: WorkerProcess, early: number, how: Partial<WorkerEnd>): void {
    if (this.#state === 'stopping' || this.#replaced.has(worker)) return
    this.#replaced.add(worker)
    const isEarly = performance.now() - worker.startedAt < STEADY_AFTER
    const delay = isEarly ? delayAfter(early) : 0
    const { id, pid } = worker
    this.#options.onReplace()
    this.#options.logger.error({ worker: id, pid, ...how, delay_ms: delay }, 'A worker ended: it is replaced')
    this.#later(delay, () => {
      this.#fill(isEarly ? early + 1 : 0)
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

function isExpected(worker: WorkerProcess | undefined, of: 'all' | 'serving'): boolean {
  return worker?.state === 'serving' || (of === 'all' && worker?.state === 'draining')
}
