/** Servers that are alive together: each is checked before it is measured, and all are stopped at the end. */
import type { Contender } from '../contenders/contender'
import type { Library } from '../load/library'
import { verifyServer } from '../load/verify'
import type { Plan } from './laps'
import { RunningServer } from './running'

/** What a part of the benchmark has at hand. */
export interface Bench {
  readonly plan: Plan
  /** A directory for files. */
  readonly directory: string
  /** Prints what happens. */
  readonly say: (text: string) => void
}

export interface Runner {
  readonly server: RunningServer
  /** The entity tag of its first track. */
  readonly tag: string
}

export async function withServers(
  { directory }: Pick<Bench, 'directory'>,
  contenders: readonly Contender[],
  library: Library,
  use: (runners: readonly Runner[]) => Promise<void>,
): Promise<void> {
  const servers: RunningServer[] = []
  try {
    const runners: Runner[] = []
    for (const contender of contenders) {
      const server = await RunningServer.start(contender, library, directory)
      servers.push(server)
      runners.push({ server, tag: await verifyServer(server, library) })
    }
    await use(runners)
  } finally {
    await Promise.all(servers.map(server => server.stop()))
  }
}

/** Microseconds of processor time per request, of all processes of the server. */
export async function costOf(server: RunningServer, ask: () => Promise<number>): Promise<number> {
  const before = server.cpuTime
  const requests = await ask()
  return (server.cpuTime - before) / 1000 / requests
}
