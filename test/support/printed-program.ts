/** A program that a page prints, run as it is printed: a process of its own, with the package as it is published. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { transformSync } from 'esbuild'
import { build } from './built-package'
import { SECRET } from './tracks'

/** Takes a free port in place of the one that is printed, and reports it. */
const ANY_PORT = `
import { Server } from 'node:net'
const { listen } = Server.prototype
Server.prototype.listen = function () {
  this.once('listening', () => process.send(this.address().port))
  return listen.call(this, 0, '127.0.0.1')
}
`

export interface PrintedProgram extends AsyncDisposable {
  readonly port: number
  /** What it has printed until now. */
  printed(): string
  /** Ends it, and resolves to all that it printed. */
  stop(): Promise<string>
}

export interface Workplace {
  /** Puts a file at a path of the working directory. */
  readonly add: (path: string, source: string) => void
  /** Starts a server. */
  readonly start: (code: string) => Promise<PrintedProgram>
  /** Runs a program to its end, and resolves to what it printed. */
  readonly run: (code: string) => Promise<string>
  readonly remove: () => void
}

export function createWorkplace(): Workplace {
  const built = build()
  // Inside the package, which can import itself by its name.
  const directory = join(dirname(built.program), '../../app')
  mkdirSync(directory)
  writeFileSync(join(directory, 'any-port.mjs'), ANY_PORT)

  function launch(code: string): ChildProcess {
    const file = join(directory, 'server.mjs')
    writeFileSync(file, transformSync(code, { loader: 'ts', target: 'node20' }).code)
    return fork(file, {
      cwd: directory,
      env: { ...process.env, SECRET_KEY: SECRET },
      execArgv: ['--import', join(directory, 'any-port.mjs')],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
  }

  return {
    add(path, source) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      cpSync(source, join(directory, path))
    },

    async start(code) {
      const child = launch(code)
      let printed = ''
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        printed += chunk
      })
      // With all that it printed, which `exit` may come before.
      const exited = once(child, 'close')
      const [port] = (await Promise.race([
        once(child, 'message'),
        exited.then(([status]) => {
          throw new Error(`The program ended with ${String(status)}`)
        }),
      ])) as [number]
      async function stop(): Promise<string> {
        child.kill()
        await exited
        return printed
      }
      return {
        port,
        printed: () => printed,
        stop,
        async [Symbol.asyncDispose]() {
          await stop()
        },
      }
    },

    async run(code) {
      const child = launch(code)
      const [printed, [status]] = await Promise.all([
        child.stdout === null ? '' : text(child.stdout),
        once(child, 'exit') as Promise<[number]>,
      ])
      if (status !== 0) throw new Error(`The program ended with ${status}`)
      return printed
    },

    remove: built.remove,
  }
}
