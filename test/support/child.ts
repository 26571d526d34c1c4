/** Starts a server of ours in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Health } from './child-server'
import { SECRET } from './tracks'

export interface ChildServer extends AsyncDisposable {
  readonly port: number
  health(): Promise<Health>
}

export interface ChildOptions {
  /** How many descriptors the process may have. */
  readonly maxDescriptors?: number
  /** Milliseconds. */
  readonly stallTimeout?: number
}

export async function startChild(dir: string, options: ChildOptions = {}): Promise<ChildServer> {
  const { maxDescriptors, stallTimeout = 60_000 } = options
  const limit = maxDescriptors === undefined ? '' : `ulimit -n ${maxDescriptors};`
  const child = spawn(
    'sh',
    [
      '-c',
      `${limit} exec "$0" --expose-gc -r "$@"`,
      process.execPath,
      join(__dirname, 'run-typescript.js'),
      join(__dirname, 'child-server.ts'),
      dir,
      SECRET,
      String(stallTimeout),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )
  const [port] = (await once(child, 'message')) as [number]

  async function health(): Promise<Health> {
    const answer = once(child, 'message')
    child.send('how are you?')
    const [told] = (await answer) as [Health]
    return told
  }
  async function stop(): Promise<void> {
    const exited = once(child, 'exit')
    child.disconnect()
    await exited
  }
  return { port, health, [Symbol.asyncDispose]: stop }
}
