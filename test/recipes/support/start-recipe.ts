/** A recipe that runs as its document says, in a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { accepts } from '../../support/accepts'
import { eventually } from '../../support/eventually'
import { freePort } from '../../support/free-ports'
import { SECRET } from '../../support/tracks'
import { folderOf } from './project'
import { writeTracks } from './recipe-tracks'

export interface Start {
  /** The folder in `test/recipes`. */
  readonly recipe: string
  /** What Node runs in it, with its options. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Descriptors {
  readonly sockets: number
  readonly tracks: number
}

export interface RunningRecipe extends AsyncDisposable {
  readonly port: number
  descriptors(): Descriptors
  /** What it has written up to now. */
  output(): string
  /** Ends the process at once, and returns what it wrote to standard error. Rejects if it has ended by itself. */
  stop(): Promise<string>
}

export async function startRecipe({ recipe, args, env = {} }: Start): Promise<RunningRecipe> {
  writeTracks(recipe)
  const port = await freePort()
  const child = spawn(process.execPath, args, {
    cwd: folderOf(recipe),
    env: {
      PATH: process.env['PATH'],
      HOME: tmpdir(),
      NEXT_TELEMETRY_DISABLED: '1',
      NODE_ENV: 'production',
      SECRET_KEY: SECRET,
      PORT: String(port),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors] = [record(child.stdout), record(child.stderr)]
  // When all that it wrote has been read.
  const closed = once(child, 'close')
  try {
    await eventually(async () => hasEnded(child) || (await accepts(port)), `${recipe} listens`)
  } catch (error) {
    await end()
    throw error
  }
  if (hasEnded(child)) await stop()

  async function stop(): Promise<string> {
    const hadEnded = hasEnded(child)
    child.kill('SIGKILL')
    await closed
    if (hadEnded) throw new Error(`${recipe} has ended by itself:\n${output()}${errors()}`)
    return errors()
  }
  async function end(): Promise<void> {
    child.kill('SIGKILL')
    await closed
  }
  return { port, descriptors: () => descriptorsOf(child.pid ?? 0), output, stop, [Symbol.asyncDispose]: end }
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
