/** A recipe that runs as its users run it: in a process of its own, with a secret and a port. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { accepts } from './accepts'
import { eventually } from './eventually'
import { freePort } from './free-ports'
import { SECRET } from './tracks'

export interface RecipeProcess {
  /** For messages. */
  readonly name: string
  /** The folder in which it runs. */
  readonly folder: string
  readonly command: readonly [program: string, ...args: string[]]
  /** Variables besides the secret and the port. */
  readonly env?: Readonly<Record<string, string>>
  /** The port on which it listens; by default, a free one. */
  readonly port?: number | undefined
}

export interface Descriptors {
  readonly sockets: number
  readonly tracks: number
}

export interface RunningRecipe extends AsyncDisposable {
  readonly port: number
  readonly origin: string
  descriptors(): Descriptors
  /** What it has written up to now. */
  output(): string
  /** Sends SIGTERM, and resolves to the exit code when the process has ended; null if the signal ended it. */
  stop(): Promise<number | null>
  /** Ends the process at once, and returns what it wrote to standard error. Rejects if it has ended by itself. */
  kill(): Promise<string>
}

/** Resolves when it accepts connections; rejects with all that it wrote if it ends instead. */
export async function runRecipe({
  name,
  folder,
  command: [program, ...args],
  env = {},
  port: given,
}: RecipeProcess): Promise<RunningRecipe> {
  const port = given ?? (await freePort())
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], SECRET_KEY: SECRET, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors] = [record(child.stdout), record(child.stderr)]
  // When all that it wrote has been read.
  const closed = once(child, 'close') as Promise<[number | null]>

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    child.kill(signal)
    const [code] = await closed
    return code
  }
  async function kill(): Promise<string> {
    const hadEnded = hasEnded(child)
    await end('SIGKILL')
    if (hadEnded) throw new Error(`${name} has ended by itself:\n${output()}${errors()}`)
    return errors()
  }
  try {
    await eventually(async () => hasEnded(child) || (await accepts(port)), `${name} listens`)
  } catch (error) {
    await end('SIGKILL')
    throw error
  }
  if (hasEnded(child)) await kill()
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    descriptors: () => descriptorsOf(child.pid ?? 0),
    output,
    stop: () => end('SIGTERM'),
    kill,
    async [Symbol.asyncDispose]() {
      await end('SIGKILL')
    },
  }
}

function record(stream: Readable): () => string {
  let written = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    written += chunk
  })
  return () => written
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** What a process holds open, by the list of Linux. */
function descriptorsOf(pid: number): Descriptors {
  const directory = `/proc/${pid}/fd`
  const targets = readdirSync(directory).map(name => targetOf(join(directory, name)))
  return {
    sockets: targets.filter(target => target.startsWith('socket:')).length,
    tracks: targets.filter(target => target.endsWith('.mp3')).length,
  }
}

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor)
  } catch {
    // Closed since the list was read.
    return ''
  }
}
