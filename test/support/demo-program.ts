/** The demo as a program: bundled into one file, as it is deployed, and run in a process of its own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(__dirname, '../..')

/** Milliseconds after its last use for which a bundle is kept: longer than a run of all suites. */
const KEPT = 3_600_000

/**
 * @returns the program's file, in a directory of its own; it is built once for all suites, and again when a source changes
 */
export function buildProgram(): string {
  const prefix = 'express-signed-stream-demo-'
  const directory = join(tmpdir(), `${prefix}${hashOfSources()}`)
  const file = join(directory, 'server.js')
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) {
    const now = new Date()
    utimesSync(directory, now, now)
    return file
  }
  removeOld(prefix)
  mkdirSync(directory, { recursive: true })
  // Renamed when it is complete, because suites in other processes may build it too, or run it.
  const draft = join(directory, `${process.pid}.js`)
  const options = [
    '--bundle',
    '--platform=node',
    '--target=node20',
    '--log-level=error',
    `--outfile=${draft}`,
  ]
  execFileSync(require.resolve('esbuild/bin/esbuild'), ['demo/server.ts', ...options], { cwd: root })
  renameSync(draft, file)
  return file
}

function hashOfSources(): string {
  const hash = createHash('sha256').update(root)
  for (const folder of ['src', 'demo']) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort()
    for (const name of names.filter(each => each.endsWith('.ts'))) {
      hash.update(name).update(readFileSync(join(root, folder, name)))
    }
  }
  return hash
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
    .slice(0, 16)
}

function removeOld(prefix: string): void {
  for (const name of readdirSync(tmpdir()).filter(each => each.startsWith(prefix))) {
    const directory = join(tmpdir(), name)
    const { mtimeMs = Infinity } = statSync(directory, { throwIfNoEntry: false }) ?? {}
    if (Date.now() - mtimeMs > KEPT) rmSync(directory, { recursive: true, force: true })
  }
}

let program: string | undefined

export type LogEntry = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string }

export interface RunOptions {
  readonly cwd?: string
  readonly args?: readonly string[]
  /** A descriptor for the log. @defaultValue `'pipe'`: to `lines` */
  readonly stdout?: 'pipe' | number
}

/** A process of the program. */
export class Run implements AsyncDisposable {
  readonly child: ChildProcess
  readonly lines: string[] = []
  errors = ''
  /** Resolves with the exit code when the process has ended and all its output is here. */
  readonly ended: Promise<number | null>
  readonly #changes = new EventEmitter()

  constructor(
    environment: Readonly<Record<string, string>>,
    { cwd = tmpdir(), args = [], stdout = 'pipe' }: RunOptions = {},
  ) {
    program ??= buildProgram()
    this.child = spawn(process.execPath, [program, ...args], {
      cwd,
      env: { PATH: process.env['PATH'], STREAM_SERVER_PORT: '0', ...environment },
      stdio: ['ignore', stdout, 'pipe'],
    })
    if (this.child.stdout !== null) {
      createInterface(this.child.stdout).on('line', line => {
        this.lines.push(line)
        this.#changes.emit('change')
      })
    }
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text))
    this.ended = once(this.child, 'close').then(([code]) => {
      this.#changes.emit('change')
      return code as number | null
    })
  }

  get log(): LogEntry[] {
    return this.lines.map(line => JSON.parse(line) as LogEntry)
  }

  /** The first entry with this message; rejects if the process ends without it. */
  async logged(msg: string): Promise<LogEntry> {
    for (;;) {
      const entry = this.log.find(candidate => candidate.msg === msg)
      if (entry !== undefined) return entry
      if (this.child.exitCode !== null) throw new Error(`The process ended without "${msg}": ${this.errors}`)
      await once(this.#changes, 'change')
    }
  }

  /** The port, once it listens. */
  async port(): Promise<number> {
    const { page } = await this.logged('Listening')
    return Number(new URL(String(page)).port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}
