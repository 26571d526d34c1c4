/** A server in a process of its own: reads from `argv[2]` what to serve, sends its ports, and reports its health when asked. */
import { subscribe } from 'node:diagnostics_channel'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createStreamRouter,
  STREAM_CHANNELS,
  type StreamCompletionEvent,
  type StreamRouterOptions,
} from '../../src'
import { countDescriptors } from './descriptors'
import { HOSTS } from './server'

/** The order of the parent, as JSON. */
export interface ChildOrder {
  /** Names of `HOSTS`, each of which listens on a port of its own. */
  readonly hosts: readonly string[]
  readonly options: StreamRouterOptions
}

/** The report to the parent. */
export interface Health {
  readonly descriptors: number
  /** Bytes, after a garbage collection if the process was started with --expose-gc. */
  readonly heapUsed: number
  readonly external: number
  readonly resident: number
  /** Handles and timers that keep the process alive, by kind. */
  readonly resources: Readonly<Record<string, number>>
  /** The number of responses, by their outcome. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Exceptions, rejections and warnings that nothing handled. */
  readonly faults: readonly string[]
}

const { hosts, options } = JSON.parse(process.argv[2] ?? '') as ChildOrder
const faults: string[] = []
process.on('uncaughtException', error => faults.push(String(error.stack)))
process.on('unhandledRejection', reason => faults.push(String(reason)))
process.on('warning', warning => faults.push(String(warning)))

const outcomes: Record<string, number> = {}
subscribe(STREAM_CHANNELS.completion, event => {
  const { outcome } = event as StreamCompletionEvent
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
})

/** Milliseconds. Longer than any client pauses, on a busy machine too, so that no connection closes as a request arrives. */
const KEEP_ALIVE = 120_000

async function listen(handler: RequestListener): Promise<number> {
  // In a soak, more clients come at once than the default backlog holds.
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE }, handler)
  await new Promise<void>(resolve => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  return (server.address() as AddressInfo).port
}

async function start(): Promise<void> {
  const router = createStreamRouter(options)
  const mounts = new Map(HOSTS)
  const ports: number[] = []
  for (const host of hosts) {
    const mount = mounts.get(host)
    if (mount === undefined) throw new Error(`Unknown host: ${host}`)
    ports.push(await listen(mount(router)))
  }
  process.send?.(ports)
}
start().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

process.on('message', () => {
  globalThis.gc?.()
  const { heapUsed, external, rss: resident } = process.memoryUsage()
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
  process.send?.({
    descriptors: countDescriptors(),
    heapUsed,
    external,
    resident,
    resources,
    outcomes,
    faults,
  } satisfies Health)
})
process.on('disconnect', () => {
  process.exit()
})
