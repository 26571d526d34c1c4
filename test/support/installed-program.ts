/** Runs the programs that people listen and download with, as they are installed. */
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'

export interface Ended {
  /** The exit code; null if a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface RunOptions {
  /** The working directory; the home directory too, so that no settings of the user are read. */
  readonly cwd: string
  readonly input?: string
  /** Run as nobody if the tests run as root. */
  readonly unprivileged?: boolean
}

const NOBODY = 65534
const isRoot = process.getuid?.() === 0
/** Milliseconds after which a program that hangs is killed. */
const PATIENCE = 20_000

/** @throws Error that names the set-up script if the program is not installed */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const { cwd, input = '', unprivileged = false } = options
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, LC_ALL: 'C.UTF-8', no_proxy: '*' },
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
    ...(isRoot && unprivileged && { uid: NOBODY, gid: NOBODY }),
  })
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  child.stdin.on('error', () => undefined).end(input)
  const output = Promise.all([buffer(child.stdout), text(child.stderr)])
  try {
    const [[code, signal], [stdout, stderr]] = await Promise.all([closed, output])
    return { code, signal, stdout: Buffer.from(stdout), stderr }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(`Cannot run ${program}: it is not installed; .ci/setup installs what this suite needs`, {
      cause: error,
    })
  }
}

/** As `run`; throws with the program's output if it does not end with 0. */
export async function runWell(program: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const ended = await run(program, args, options)
  if (ended.code !== 0) {
    throw new Error(`${program} ended with ${String(ended.code ?? ended.signal)}: ${ended.stderr}`)
  }
  return ended
}

export interface Workshop {
  readonly path: string
  /** The path of a file in it. */
  readonly file: (name: string) => string
  readonly remove: () => void
}

/** A new directory, in which the user that programs run as may write. */
export function makeWorkshop(): Workshop {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'players-')))
  if (isRoot) chownSync(path, NOBODY, NOBODY)
  return {
    path,
    file: name => join(path, name),
    remove: () => {
      rmSync(path, { recursive: true, force: true })
    },
  }
}
