/** A real Redis, from Debian's package, that a test can stop, hang and start again. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { freePort } from '../support/free-ports'

const run = promisify(execFile)
const PROGRAM = join(__dirname, '../../.ci/redis-server')

export interface RedisServer extends AsyncDisposable {
  readonly port: number
  /** Ends the process. What it kept is lost. */
  stop(): Promise<void>
  /** Starts it again at the same port, empty. */
  start(): Promise<void>
  /** From now on it accepts connections and responds to nothing. */
  hang(): void
  /** Ends `hang`: it responds to what has waited. */
  goOn(): void
  /** Sends a command of the test itself. */
  command(...args: [string, ...string[]]): Promise<unknown>
}

export async function startRedisServer(): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'redis-server-'))
  const port = await freePort()
  let pid = 0

  async function start(): Promise<void> {
    const { stdout } = await run(PROGRAM, ['start', directory, String(port)])
    pid = Number(/^REDIS_PID=(\d+)$/m.exec(stdout)?.[1])
    if (!(pid > 1)) throw new Error(`.ci/redis-server does not print its pid`)
  }
  async function stop(): Promise<void> {
    await run(PROGRAM, ['stop', directory])
  }
  async function command(...[name, ...args]: [string, ...string[]]): Promise<unknown> {
    const client = new Redis({ port, host: '127.0.0.1' })
    try {
      return await client.call(name, ...args)
    } finally {
      client.disconnect()
    }
  }

  await start()
  return {
    port,
    start,
    stop,
    command,
    hang: () => void process.kill(pid, 'SIGSTOP'),
    goOn: () => void process.kill(pid, 'SIGCONT'),
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
