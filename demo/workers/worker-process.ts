/** One worker, as the primary process sees it. */
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { DrainOutcome } from '../process/drain'
import { Channel } from './channel'
import { passWholeLines } from './whole-lines'

/**
 * - `starting`: it does not listen yet
 * - `serving`: it accepts connections
 * - `draining`: it accepts none any more; set when it begins to drain, whether or not it was told to
 * - `ended`: the process has ended, and its output is complete
 */
export type WorkerState = 'starting' | 'serving' | 'draining' | 'ended'

export interface WorkerEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

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
   */
  constructor(environment: Readonly<Record<string, string>>, writeLines: (lines: string) => void) {
    this.#worker = cluster.fork(environment)
    const { process: child } = this.#worker
    this.channel = new Channel(message => {
      if (this.#worker.isConnected()) this.#worker.send(message, undefined, () => undefined)
    })
    // Of a process that ends while it is written to.
    this.#worker.on('error', () => undefined)
    child.on('message', message => {
      this.channel.receive(message)
    })
    if (child.stdout !== null) passWholeLines(child.stdout, writeLines)
    // Not `exit`, after which lines may still come.
    this.ended = once(child, 'close').then(([code, signal]) => {
      this.#state = 'ended'
      this.channel.close()
      return { code: code as number | null, signal: signal as NodeJS.Signals | null }
    })
    this.listening = new Promise(resolve => {
      this.channel.on('listening', (port: number) => {
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
    const timer = setTimeout(() => {
      this.kill()
    }, patience)
    try {
      // The end of the process rejects it.
      return (await this.channel.ask('stop', undefined, { patience: 2 * patience })) as DrainOutcome
    } catch {
      return undefined
    } finally {
      // A worker that has drained must end, too.
      void this.ended.then(() => {
        clearTimeout(timer)
      })
    }
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }
}
