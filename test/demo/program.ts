/** The demo as a program: bundled into one file, as it is deployed, and run in a process of its own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(__dirname, '../..')

export interface Program {
  readonly file: string
  readonly remove: () => void
}

export function buildProgram(): Program {
  const directory = mkdtempSync(join(tmpdir(), 'demo-'))
  const file = join(directory, 'server.js')
  const options = ['--bundle', '--platform=node', '--target=node20', '--log-level=error', `--outfile=${file}`]
  execFileSync(require.resolve('esbuild/bin/esbuild'), ['demo/server.ts', ...options], { cwd: root })
  return {
    file,
    remove() {
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export type LogEntry = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string }

export interface RunOptions {
  readonly cwd?: string
  readonly args?: readonly string[]
  /** A descriptor that the log goes to. @defaultValue `'pipe'`: to `lines` */
  readonly stdout?: 'pipe' | number
}

/** A process of the program. */
export class Run implements AsyncDisposable {
  readonly child: ChildProcess
  readonly lines: string[] = []
  errors = ''
  /** Resolves with the exit code when the process has ended and all it said is here. */
  readonly ended: Promise<number | null>
  readonly #changes = new EventEmitter()

  constructor(
    program: Program,
    environment: Readonly<Record<string, string>>,
    { cwd = tmpdir(), args = [], stdout = 'pipe' }: RunOptions = {},
  ) {
    this.child = spawn(process.execPath, [program.file, ...args], {
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

  /** The first entry with this message; rejects where the process ends without it. */
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
