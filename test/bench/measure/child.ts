/** Processes that the benchmark starts. Each is ended by its id, whatever happens. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { onCore, type Role } from './machine'

/** Milliseconds in which a child may end in good order. */
const END_TIMEOUT = 5000

const children = new Set<ChildProcess>()

/** Starts a child with a channel for messages. Its output is read by the caller, or goes nowhere. */
export function startChild(
  role: Role,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  output: 'pipe' | 'ignore' = 'pipe',
): ChildProcess {
  const [program, ...parameters] = onCore(role, command)
  const child = spawn(program, parameters, {
    stdio: ['pipe', output, 'inherit', 'ipc'],
    // Without a file .env, which the demo would read.
    cwd: tmpdir(),
    env: { ...process.env, ...environment },
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill()
  const timer = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT)
  await ended
  clearTimeout(timer)
}

export async function stopAllChildren(): Promise<void> {
  await Promise.all([...children].map(stopChild))
}

process.on('exit', () => {
  for (const child of children) child.kill()
})
// For good: a second signal must not stop the cleanup.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
