/**
 * Two workers that serve a directory over HTTP/2 and HTTP/1.1 at one address: reads from `argv[2]` what to serve, sends
 * its port, and reports how each worker is when asked.
 */
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createStreamHandler } from '../../src'
import { countDescriptors } from '../support/descriptors'

const WORKERS = 2

export interface ServedDirectory {
  readonly dir: string
  readonly secret: string
  readonly key: string
  readonly cert: string
}

export interface WorkerHealth {
  /** Bytes, after a garbage collection. */
  readonly heapUsed: number
  readonly external: number
  readonly descriptors: number
  /** Exceptions, rejections and warnings that nothing handled, and what is logged as a warning or an error. */
  readonly faults: readonly string[]
}

async function serve({ dir, secret, key, cert }: ServedDirectory): Promise<void> {
  const faults: string[] = []
  for (const event of ['uncaughtException', 'unhandledRejection', 'warning'] as const) {
    process.on(event, (fault: unknown) => faults.push(String(fault)))
  }
  function note(fields: object, message: string): void {
    faults.push(`${message} ${JSON.stringify(fields)}`)
  }
  function ignore(): void {
    // What every response logs.
  }
  const stream = createStreamHandler({
    path: '/stream',
    dir,
    secret,
    stallTimeout: 0,
    logger: { debug: ignore, info: ignore, warn: note, error: note },
  })
  const server = createSecureServer(
    { key, cert, allowHTTP1: true, settings: { maxConcurrentStreams: 200 }, maxSessionMemory: 1_000_000 },
    stream as never,
  )
  process.on('message', () => {
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    process.send?.({ heapUsed, external, descriptors: countDescriptors(), faults } satisfies WorkerHealth)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}

async function manage(): Promise<void> {
  cluster.setupPrimary({ execArgv: [...process.execArgv, '--expose-gc'] })
  const workers = Array.from({ length: WORKERS }, () => cluster.fork())
  const addresses = await Promise.all(
    workers.map(async worker => {
      const [address] = (await once(worker, 'listening')) as [AddressInfo]
      return address
    }),
  )
  process.send?.(addresses[0]?.port)
  process.on('message', () => {
    void Promise.all(workers.map(healthOf)).then(healths => process.send?.(healths))
  })
  process.on('disconnect', () => {
    for (const worker of workers) worker.kill('SIGKILL')
    process.exit()
  })
  cluster.on('exit', () => {
    process.exit(1)
  })
}

async function healthOf(worker: Worker): Promise<WorkerHealth> {
  const answer = once(worker, 'message')
  worker.send('how are you?')
  const [health] = (await answer) as [WorkerHealth]
  return health
}

if (cluster.isPrimary) void manage()
else void serve(JSON.parse(process.argv[2] ?? '') as ServedDirectory)
