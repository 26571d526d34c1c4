/** Two workers that speak HTTP/2, in processes of their own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ServedDirectory, WorkerHealth } from './http2-workers'

/** Threads for the disk, as the documents advise for a slow one. */
const THREADS = '64'

export class Http2Service implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended = new AbortController()

  constructor(order: ServedDirectory, environment: NodeJS.ProcessEnv) {
    const program = join(__dirname, 'http2-workers.ts')
    const runTypeScript = join(__dirname, '../support/run-typescript.js')
    this.#child = spawn(process.execPath, ['-r', runTypeScript, program, JSON.stringify(order)], {
      env: { ...process.env, ...environment, UV_THREADPOOL_SIZE: THREADS },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.once('exit', code => {
      this.#ended.abort(new Error(`The workers ended with exit code ${code}`))
    })
  }

  async message(): Promise<unknown> {
    const [message] = (await once(this.#child, 'message', { signal: this.#ended.signal })) as [unknown]
    return message
  }

  async health(): Promise<readonly WorkerHealth[]> {
    const answer = this.message()
    this.#child.send('how are you?')
    return (await answer) as readonly WorkerHealth[]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}
