/** One worker, as the primary process sees it. */
import cluster, { type Worker } from 'node:cluster'
import { Readable } from 'node:stream'
import type { DrainOutcome } from '../process/drain'
import { Channel } from './channel'
import { passWholeLines } from './whole-lines'

/**
 * - `starting`: it does not listen yet
 * - `serving`: it accepts connections
 * - `draining`: it accepts none any more; set when it begins to drain, with or without a request to
 * - `ended`: the process has ended, and its output is complete
 */
export type WorkerState = 'starting' | 'serving' | 'draining' | 'ended'

export interface WorkerEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why the system did not start it. */
  readonly err?: Error
}

/** Milliseconds after which a worker that does not listen is killed. */
const START_TIME = 30_000

export class WorkerProcess {
  readonly channel: Channel
  /** Resolves with the port, or with undefined if the worker ends before it listens. */
  readonly listening: Promise<number | undefined>
  /** Resolves with the number of streams in progress when the worker begins to drain; 0 if it never does. */
  readonly draining: Promise<number>
  readonly ended: Promise<WorkerEnd>
  readonly startedAt = performance.now()
  #state: WorkerState = 'starting'
  readonly #worker: Worker

  /**
   * @param environment variables, over those of this process
   * @param writeLines receives what the worker logs
   * @throws what the system reports, if it has no room for a process
   */
  constructor(environment: Readonly<Record<string, string>>, writeLines: (lines: string) => void) {
    this.#worker = cluster.fork(environment)
    const { process: child } = this.#worker
    this.channel = new Channel((message, onSent) => {
      if (this.#worker.isConnected()) this.#worker.send(message, undefined, onSent)
    })
    // Of a process that ends while it is written to.
    this.#worker.on('error', () => undefined)
    child.on('message', message => {
      this.channel.receive(message)
    })
    // Without it if there was no descriptor for a pipe.
    if (child.stdout instanceof Readable) passWholeLines(child.stdout, writeLines)
    const lateStart = setTimeout(() => {
      this.kill()
    }, START_TIME)
    this.ended = endOf(this.#worker).then(end => {
      clearTimeout(lateStart)
      this.#state = 'ended'
      this.channel.close()
      return end
    })
    this.listening = new Promise(resolve => {
      this.channel.on('listening', (port: number) => {
        clearTimeout(lateStart)
        if (this.#state === 'starting') this.#state = 'serving'
        resolve(port)
      })
      void this.ended.then(() => {
        resolve(undefined)
      })
    })
    this.draining = new Promise(resolve => {
      this.channel.on('draining', (streams: number) => {
        this.#state = 'draining'
        resolve(streams)
      })
      void this.ended.then(() => {
        resolve(0)
      })
    })
  }

  get id(): number {
    return this.#worker.id
  }

  get pid(): number | undefined {
    return this.#worker.process.pid
  }

  get state(): WorkerState {
    return this.#state
  }

  /** Drains the worker; undefined if it ends before it has. */
  async stop(patience: number): Promise<DrainOutcome | undefined> {
    this.killLater(patience)
    try {
      // The end of the process rejects it.
      return (await this.channel.ask('stop', undefined, { patience: 2 * patience })) as DrainOutcome
    } catch {
      // One that cannot get the request to drain would continue, as if there were no end.
      if (this.channel.isFull) this.kill()
      return undefined
    }
  }

  /** @param patience milliseconds, after which the process ends if it has not by itself */
  killLater(patience: number): void {
    const timer = setTimeout(() => {
      this.kill()
    }, patience)
    void this.ended.then(() => {
      clearTimeout(timer)
    })
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }
}

function endOf({ id, process: child }: Worker): Promise<WorkerEnd> {
  return new Promise(resolve => {
    // Not `exit`, after which lines may still come.
    child.once('close', (code, signal) => {
      resolve({ code, signal })
    })
    child.once('error', err => {
      if (child.pid !== undefined) return
      // Of a process that never was, nothing else follows.
      Reflect.deleteProperty(cluster.workers ?? {}, id)
      resolve({ code: null, signal: null, err })
    })
  })
}
