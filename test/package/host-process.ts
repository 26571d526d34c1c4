/** One host of the `hosts` project in a process of its own, and what it reports of each exchange. */
import type { Buffer } from 'node:buffer'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { StreamRouterOptions } from 'express-signed-stream'

/** How the package is mounted: as one handler, or as its three middlewares and the error handler. */
export type Form = 'handler' | 'composed'

/** One way to mount the package in a host. */
export interface HostSetting extends Pick<StreamRouterOptions, 'dir' | 'secret' | 'stallTimeout'> {
  readonly form: Form
  /** Whether the app waits for the end of each response, as loggers do. @defaultValue false */
  readonly isLogged?: boolean
  /** Of the `cors` option, what can be sent to another process. */
  readonly cors?: { readonly origin: string }
}

export interface HostOrder {
  /** A module of the project, and a host in it. */
  readonly module: string
  readonly host: string
  /** The host is made once for each. */
  readonly settings: readonly HostSetting[]
}

export interface HostRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface ExchangeSettings {
  /** Index of the setting that is asked; the first by default. */
  readonly setting?: number
  /** The event that ends the exchange; undefined if there is none. */
  readonly awaits?: 'completion' | 'refusal' | undefined
  /** What happens to a file when the head has been written. */
  readonly spoils?: { readonly how: 'truncate' | 'rewrite'; readonly file: string }
  /** Whether the client reads nothing of the body before the event has come. */
  readonly isPaused?: boolean
  /** Whether the client waits for nothing more once the event has come. */
  readonly isImpatient?: boolean
}

export interface Exchange {
  /** What the client has received; undefined if it saw an error. */
  readonly received?: {
    readonly status: number
    readonly headers: Readonly<Record<string, string | string[]>>
    readonly body: Uint8Array
  }
  /** The error that the client saw. */
  readonly failure?: string
  /** The event that did not come in time. */
  readonly silence?: string
  /** `res.getHeaders()` when all was over, as texts. */
  readonly head?: Readonly<Record<string, string>>
  readonly events: readonly { readonly kind: EventKind; readonly bytesSent?: number }[]
  /** Uncaught exceptions, unhandled rejections and warnings. */
  readonly faults: readonly string[]
}

type EventKind = 'request' | 'refusal' | 'completion'

export interface Remains {
  /** Events that came after the exchange that they belong to. */
  readonly late: Readonly<Record<EventKind, number>>
  readonly faults: readonly string[]
}

interface Reply {
  readonly result?: unknown
  readonly error?: string
}

export class HostProcess {
  readonly #child: ChildProcess
  readonly #seen = { request: 0, refusal: 0, completion: 0 }

  #complaints = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#complaints += chunk.toString()
    })
  }

  static async start(project: string, order: HostOrder): Promise<HostProcess> {
    const child = fork(join(project, 'child.mjs'), [JSON.stringify(order)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    })
    const host = new HostProcess(child)
    await host.#reply()
    return host
  }

  async exchange(request: HostRequest, settings: ExchangeSettings): Promise<Exchange> {
    const complete = { method: 'GET', headers: {}, ...request }
    const exchange = (await this.#call('exchange', {
      setting: 0,
      ...settings,
      request: complete,
    })) as Exchange
    for (const { kind } of exchange.events) this.#seen[kind]++
    return exchange
  }

  /** The port that the host listens on, if it does. */
  async port(): Promise<number> {
    return (await this.#call('port')) as number
  }

  /** Stops the host; its process remains until `end`. */
  async stop(): Promise<Remains> {
    const { totals, faults } = (await this.#call('stop')) as {
      totals: Record<EventKind, number>
      faults: readonly string[]
    }
    const late = {
      request: totals.request - this.#seen.request,
      refusal: totals.refusal - this.#seen.refusal,
      completion: totals.completion - this.#seen.completion,
    }
    return { late, faults }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill()
    await exited
  }

  async #call(call: string, argument?: unknown): Promise<unknown> {
    const reply = this.#reply()
    this.#child.send({ call, argument })
    return reply
  }

  async #reply(): Promise<unknown> {
    const ended = new AbortController()
    const exited = once(this.#child, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new Error(`The process of the host ended with ${String(code)}: ${this.#complaints}`)
    })
    const replied = once(this.#child, 'message', { signal: ended.signal })
    try {
      const [{ result, error }] = (await Promise.race([replied, exited])) as [Reply]
      if (error !== undefined) throw new Error(error)
      return result
    } finally {
      ended.abort()
      await Promise.allSettled([replied, exited])
    }
  }
}
