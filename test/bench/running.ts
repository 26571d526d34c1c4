/** Servers that run, each in processes of its own on one core; every one is ended by its id, whatever happens. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from './contenders'
import { cpuTime, residentMemory, withChildren } from './cpu'
import { onCore } from './machine'

/** Milliseconds within which a server must be ready. */
const START_TIMEOUT = 30_000

const children = new Set<ChildProcess>()

/** Starts a child of ours, with a channel for messages. */
export function startChild(
  role: 'serve' | 'ask',
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  const [program, ...parameters] = onCore(role, command)
  const child = spawn(program, parameters, {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, ...environment },
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill()
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(timer)
}

process.on('exit', () => {
  for (const child of children) child.kill()
})
// For good: a second signal must not stop the clearing up.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

export class RunningServer {
  readonly contender: Contender
  readonly port: number
  readonly #child: ChildProcess
  #pids: readonly number[] | undefined

  private constructor(contender: Contender, port: number, child: ChildProcess) {
    this.contender = contender
    this.port = port
    this.#child = child
  }

  static async start(contender: Contender, dir: string, workspace: string): Promise<RunningServer> {
    const { command, environment, port } = await contender.prepare(dir, workspace)
    const child = startChild('serve', command, environment)
    const timeout = AbortSignal.timeout(START_TIMEOUT)
    const known = port ?? (await Promise.race([saidPort(child, timeout), failure(child, contender.label)]))
    await accepts(known, timeout)
    return new RunningServer(contender, known, child)
  }

  /** Nanoseconds on a processor so far. */
  get cpuTime(): number {
    return this.#processes.reduce((total, pid) => total + cpuTime(pid), 0)
  }

  /** Bytes. */
  get residentMemory(): number {
    return this.#processes.reduce((total, pid) => total + residentMemory(pid), 0)
  }

  /** Known once the server has answered: nginx accepts connections before it starts its worker. */
  get #processes(): readonly number[] {
    this.#pids ??= withChildren(this.#child.pid ?? 0)
    return this.#pids
  }

  stop(): Promise<void> {
    return stopChild(this.#child)
  }
}

/** By a message, or as the first line of what it writes. */
async function saidPort(child: ChildProcess, signal: AbortSignal): Promise<number> {
  if (child.stdout === null) throw new Error('The server has no output')
  const [port] = (await Promise.race([
    once(child, 'message', { signal }),
    once(createInterface(child.stdout), 'line', { signal }),
  ])) as [unknown]
  return Number(port)
}

async function failure(child: ChildProcess, label: string): Promise<never> {
  await once(child, 'exit')
  throw new Error(`Cannot start ${label}`)
}

async function accepts(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect', { signal })
      return
    } catch (error) {
      if (signal.aborted) throw error
      await sleep(20)
    } finally {
      socket.destroy()
    }
  }
}
