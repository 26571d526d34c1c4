/** A server that runs: one contender, in one or more processes of its own. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { processTree, residentMemory } from '../../support/processes'
import type { Contender, Launch } from '../contenders/contender'
import type { Library } from '../load/library'
import { startChild, stopChild } from './child'
import { cpuTime } from './cpu-time'

/** Milliseconds within which a server must be ready. */
const START_TIMEOUT = 30_000

export class RunningServer {
  readonly contender: Contender
  readonly #children: ChildProcess[] = []
  #port = 0

  private constructor(contender: Contender) {
    this.contender = contender
  }

  /** @param workspace a directory for files that the server needs */
  static async start(contender: Contender, { dir }: Library, workspace: string): Promise<RunningServer> {
    const server = new RunningServer(contender)
    try {
      server.#port = await contender.start({ dir, workspace, launch: launch => server.#launch(launch) })
      return server
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  get port(): number {
    return this.#port
  }

  /** The beginning of its URLs. */
  get origin(): string {
    return `${this.contender.scheme}://127.0.0.1:${this.#port}`
  }

  /** Nanoseconds of processor time so far, of all its processes. */
  get cpuTime(): number {
    return this.cpuTimes.reduce((total, time) => total + time, 0)
  }

  /** The same for each process; the first is the one that was started. */
  get cpuTimes(): readonly number[] {
    return this.#processes.map(cpuTime)
  }

  /** Bytes. */
  get residentMemory(): number {
    return this.#processes.reduce((total, pid) => total + residentMemory(pid), 0)
  }

  get #processes(): readonly number[] {
    return this.#children.flatMap(child => processTree(child.pid ?? 0))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(stopChild))
  }

  /** @returns its port, when it accepts connections */
  async #launch({ command, environment, port, role }: Launch): Promise<number> {
    // Who was given a port has nothing to say.
    const output = port === undefined ? 'pipe' : 'ignore'
    const child = startChild(role ?? 'serve', command, environment, output)
    this.#children.push(child)
    const timeout = AbortSignal.timeout(START_TIMEOUT)
    const failed = failure(child, this.contender.label)
    const known = port ?? (await Promise.race([saidPort(child, timeout), failed]))
    await Promise.race([accepts(known, timeout), failed])
    return known
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

function failure(child: ChildProcess, label: string): Promise<never> {
  const failed = once(child, 'exit').then(() => {
    throw new Error(`Cannot start ${label}: the process ended`)
  })
  // It also ends when it is no longer needed.
  failed.catch(() => undefined)
  return failed
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
