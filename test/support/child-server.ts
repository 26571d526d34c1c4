/** A server in a process of its own: serves `argv[2]` with the secret `argv[3]`, tells its port, and how it is. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStreamRouter } from '../../src'
import { countDescriptors } from './descriptors'

/** What the parent is told when it asks. */
export interface Health {
  readonly descriptors: number
  /** Bytes, after a collection of garbage where the process was started with --expose-gc. */
  readonly heapUsed: number
  readonly external: number
  readonly resident: number
  /** Handles and timers that keep the process alive, by kind. */
  readonly resources: Readonly<Record<string, number>>
  /** What was neither caught nor handled. */
  readonly faults: readonly string[]
}

const [, , dir = '', secret = '', stallTimeout = '60000'] = process.argv
const faults: string[] = []
process.on('uncaughtException', error => faults.push(String(error.stack)))
process.on('unhandledRejection', reason => faults.push(String(reason)))
process.on('warning', warning => faults.push(String(warning)))

const router = createStreamRouter({ dir, secret, stallTimeout: Number(stallTimeout) })
const server = createServer((req, res) => {
  req.url = req.url?.replace(/^\/stream/, '')
  router(req, res)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

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
    faults,
  } satisfies Health)
})
process.on('disconnect', () => {
  process.exit()
})
