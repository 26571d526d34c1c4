/** Starts a server of the package in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { StreamRouterOptions } from 'express-signed-stream'
import type { ChildOrder, Health } from './child-server'
import { SECRET } from './tracks'

export interface ChildServer extends AsyncDisposable {
  /** Of the first host. */
  readonly port: number
  /** One for each host, in the order of `hosts`. */
  readonly ports: readonly number[]
  /** Rejects if the process has ended. */
  health(): Promise<Health>
}

export interface ChildOptions extends Pick<StreamRouterOptions, 'stallTimeout' | 'cors'> {
  /** How many descriptors the process may have. */
  readonly maxDescriptors?: number
  /**
   * Names of `HOSTS`, each of which listens on a port of its own.
   * @defaultValue `['node:http']`
   */
  readonly hosts?: readonly string[]
}

export async function startChild(dir: string, options: ChildOptions = {}): Promise<ChildServer> {
  const { maxDescriptors, hosts = ['node:http'], ...others } = options
  const limit = maxDescriptors === undefined ? '' : `ulimit -n ${maxDescriptors};`
  const order: ChildOrder = { hosts, options: { ...others, dir, secret: SECRET } }
  const child = spawn(
    'sh',
    [
      '-c',
      `${limit} exec "$0" --expose-gc -r "$@"`,
      process.execPath,
      join(__dirname, 'run-typescript.js'),
      join(__dirname, 'child-server.ts'),
      JSON.stringify(order),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )
  const ended = new AbortController()
  child.once('exit', (code, signal) => {
    ended.abort(new Error(`The server ended: ${signal ?? `exit code ${code}`}`))
  })

  async function told(): Promise<unknown> {
    try {
      const [message] = (await once(child, 'message', { signal: ended.signal })) as [unknown]
      return message
    } catch (error) {
      throw ended.signal.aborted ? ended.signal.reason : error
    }
  }
  async function health(): Promise<Health> {
    const answer = told()
    if (child.connected) child.send('how are you?')
    return (await answer) as Health
  }
  async function stop(): Promise<void> {
    if (ended.signal.aborted) return
    const exited = once(child, 'exit')
    if (child.connected) child.disconnect()
    await exited
  }

  const ports = (await told()) as readonly number[]
  return { port: ports[0] ?? 0, ports, health, [Symbol.asyncDispose]: stop }
}
