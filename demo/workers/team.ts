/**
 * All workers: each place in the team always has one, except while a worker that ends at once waits for its next start.
 * `filled-places.ts` replaces them, and `ask-workers.ts` asks them.
 */
import cluster from 'node:cluster'
import type { DrainOutcome } from '../process/drain'
import { within } from '../work/time-limit'
import { askAll, askOne, type Answered, type AskOptions } from './ask-workers'
import { FilledPlaces, type PlacesOptions } from './filled-places'
import type { Relayed } from './peers'
import { WorkerProcess } from './worker-process'

export interface TeamOptions extends Omit<PlacesOptions, 'fork'> {
  readonly size: number
  /** Variables of each worker, over those of this process. */
  readonly environment: Readonly<Record<string, string>>
  /** Receives what the workers log. */
  readonly writeLines: (lines: string) => void
  /** Called with each worker before it can ask anything. */
  readonly prepare: (worker: WorkerProcess) => void
  /** Called with the number of a worker that has ended. */
  readonly onEnd: (id: number) => void
}

export interface TeamDrain {
  /** Resolves with the number of streams in progress at its beginning, without those of workers that do not respond. */
  readonly streams: Promise<number>
  /** Resolves when all processes have ended: the outcomes of those that drained, and the number of the others. */
  readonly ended: Promise<{ readonly outcomes: readonly DrainOutcome[]; readonly lost: number }>
}

/** Milliseconds for a worker to begin its drain, for the log. */
const BEGIN_TIME = 1000

/** The exit code of a worker that has written why. */
const CANNOT_SERVE = 1

export class Team {
  readonly #options: TeamOptions
  readonly #workers = new Set<WorkerProcess>()
  readonly #places: FilledPlaces

  constructor(options: TeamOptions) {
    this.#options = options
    this.#places = new FilledPlaces({ ...options, fork: () => this.#fork() })
  }

  /** The workers that accept connections. */
  get serving(): readonly WorkerProcess[] {
    return Array.from(this.#workers).filter(({ state }) => state === 'serving')
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
    this.#places.keepFilled(first)
    const others = Array.from({ length: this.#options.size - 1 }, () => this.#places.fill())
    await Promise.all(others.map(async worker => worker?.listening))
    return port
  }

  askAll<Answer>(name: string, value: unknown, options?: AskOptions): Promise<Answered<Answer>[]> {
    return askAll(this.#workers, name, value, options)
  }

  /** @throws (rejects with) Error if no worker responds */
  askOne<Answer>(name: string, value: unknown, patience: number): Promise<Answer> {
    return askOne(this.serving, name, value, patience)
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
    this.#places.close()
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
    this.#places.close()
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
}
