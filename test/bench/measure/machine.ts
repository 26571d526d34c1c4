/** The machine: its cores and what runs on each, its descriptors, and how results name it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'

/** Where a process runs: on the server's core, on that of the clients, or on any. */
export type Role = 'serve' | 'ask' | 'anywhere'

const ALLOWED = allowedCores()

/** The server's core, and that of everything else; undefined if there is only one, or no `taskset`. */
const CORES = chooseCores()

/** Raises the limit of open descriptors as far as it goes, then becomes the command that follows. */
const RAISE_LIMIT = 'ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$@"'

/** A command that runs where its role belongs, with as many descriptors as the machine allows. */
export function onCore(role: Role, command: readonly string[]): readonly [string, ...string[]] {
  const raised = ['sh', '-c', RAISE_LIMIT, 'sh', ...command] as const
  if (CORES === undefined) return raised
  // Not what this process is pinned to.
  const cores = role === 'anywhere' ? ALLOWED.join(',') : String(CORES[role])
  return ['taskset', '-c', cores, ...raised]
}

/** Keeps this process off the server's core. */
export function pinSelf(): void {
  if (CORES !== undefined) spawnSync('taskset', ['-acp', String(CORES.ask), String(process.pid)])
}

/** How many descriptors a process of {@link onCore} may have. */
export function descriptorLimit(): number {
  const [command, ...parameters] = onCore('ask', ['sh', '-c', 'ulimit -n'])
  return Number(execFileSync(command, parameters, { encoding: 'utf8' }))
}

export function hasCommand(command: string, ...parameters: string[]): boolean {
  return spawnSync(command, parameters).status === 0
}

/** Date, Node and processor. */
export function describeMachine(): string {
  const date = new Date().toISOString().slice(0, 10)
  const processor = cpus()[0]?.model.trim() ?? 'an unknown processor'
  return `${date}, Node ${process.versions.node}, ${processor} (${cpus().length} cores)`
}

/** {@link describeMachine}, and what else may move the figures. */
export function describeRun(): string {
  const [load = 0] = loadavg()
  const pinning = CORES === undefined ? 'nothing pinned' : 'server pinned to one core, clients to another'
  return `${describeMachine()}, Linux ${release()}, ${pinning}, load average at the start ${load.toFixed(1)}`
}

function chooseCores(): { readonly serve: number; readonly ask: number } | undefined {
  const [serve, ask] = ALLOWED
  if (serve === undefined || ask === undefined || !hasCommand('taskset', '--version')) return undefined
  return { serve, ask }
}

function allowedCores(): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  return list.split(',').flatMap(span => {
    const [first = 0, last = first] = span.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
