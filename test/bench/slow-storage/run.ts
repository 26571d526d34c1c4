/**
 * Measures servers whose files lie on a storage that sleeps, beside each other:
 *
 *   node -r ./test/support/run-typescript.js test/bench/slow-storage/run.ts
 *     [--ms 5,20,50] [--listeners 1,10,100,500] [--servers demo,handler,handler-64,send,go,nginx] [--seconds 10] [--kept 3]
 *
 * Prints a table. Needs root and /dev/fuse, and what `storage.ts` names.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { buildProgram } from '../../support/demo-program'
import { freePort } from '../../support/free-ports'
import { findContenders, type Contender, type Launch } from '../contenders'
import { Workspace, type Library } from '../library'
import { inAnHour, SECRET } from '../links'
import { describeRun } from '../machine'
import { RunningServer } from '../running'
import { median, quantile } from '../statistics'
import { formatNumber, formatTable } from '../table'
import { play } from './audience'
import { askSteadily } from './requests'
import { buildSlowFs, mountSlowly } from './storage'

/** Tracks for listeners, one for each; then those that seeks go to, and the hot one. */
const LISTENED = 500
const SOUGHT = 200
const HOT = LISTENED + SOUGHT

const HEAD = [
  'server',
  'ms',
  'listeners',
  'start 50 %',
  'start 95 %',
  'seek 50 %',
  'seek 95 %',
  'hot 95 %',
  'no storage 95 %',
  'pool 50 %',
  'stalled %',
  'starved',
  'MB/s',
  '/readyz 200',
]

interface Circumstances {
  readonly milliseconds: number
  readonly listeners: number
  readonly seconds: number
}

/** A contender of the bench in other circumstances, with a probe of its pool if it is of Node. */
function contender(name: string): Contender {
  const { present } = findContenders()
  const base = present.find(each => each.name === (name.startsWith('handler') ? 'bare' : name))
  if (name === 'demo') {
    const bare = present.find(each => each.name === 'bare')
    if (bare === undefined) throw new Error('Cannot find our handler')
    return { ...bare, name, label: name, prepare: launchDemo }
  }
  if (base === undefined) throw new Error(`Cannot start ${name}: it is not installed`)
  const pool: Record<string, string> = name === 'handler-64' ? { UV_THREADPOOL_SIZE: '64' } : {}
  return {
    ...base,
    label: name,
    async prepare(dir, workspace) {
      const launch = await base.prepare(dir, workspace)
      return { ...launch, environment: { ...launch.environment, ...probe(workspace), ...pool } }
    },
  }
}

async function launchDemo(dir: string, workspace: string): Promise<Launch> {
  const port = await freePort()
  return {
    command: [process.execPath, buildProgram()],
    port,
    environment: {
      ...probe(workspace),
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      STREAM_SERVER_PORT: String(port),
      SECRET_KEY: SECRET,
      AUDIO_DIR: dir,
      LOG_LEVEL: 'error',
      // All listeners come from one address.
      MAX_STREAMS_PER_CLIENT: '0',
      MAX_REFUSALS_PER_MINUTE: '0',
    },
  }
}

let probes = 0

function probe(workspace: string): Readonly<Record<string, string>> {
  probes++
  return {
    POOL_PROBE: probeFile(workspace),
    NODE_OPTIONS: `--require ${join(__dirname, 'pool-probe.js')}`,
  }
}

function probeFile(workspace: string): string {
  return join(workspace, `pool-${probes}`)
}

async function measure(
  server: Contender,
  { dir, ids }: Library,
  workspace: string,
  { milliseconds, listeners, seconds }: Circumstances,
): Promise<readonly string[]> {
  const running = await RunningServer.start(server, dir, workspace)
  try {
    const { port } = running
    const expires = inAnHour()
    const hot = server.makeLink(ids[HOT] ?? '', expires)
    // Often enough to be kept in memory, one after the other.
    const warm = new AbortController()
    const warming = askSteadily(port, { pathOf: () => hot, range: '0-65535', interval: 300 }, warm.signal)
    await sleep(2000)
    const poolBefore = readProbe(workspace).length

    const end = new AbortController()
    const paths = ids.slice(0, listeners).map(id => server.makeLink(id, expires))
    const playing = play(port, paths, end.signal)
    // The listeners have come.
    await sleep(1500)
    // Until now, as a file that nobody asked for in the last second is looked at first.
    warm.abort()
    await warming
    function seekTo(turn: number): string {
      return server.makeLink(ids[LISTENED + (turn % SOUGHT)] ?? '', expires)
    }
    const measuring = Promise.all([
      askSteadily(port, { pathOf: seekTo, range: '2000000-2065535', interval: 100 }, end.signal),
      askSteadily(port, { pathOf: () => hot, range: '0-65535', interval: 50 }, end.signal),
      askSteadily(
        port,
        { pathOf: () => server.makeLink(ids[HOT] ?? '', expires, true), interval: 50 },
        end.signal,
      ),
      askSteadily(port, { pathOf: () => '/readyz', interval: (seconds * 1000) / 31 }, end.signal),
    ])
    await sleep(seconds * 1000)
    end.abort()
    const [played, [seeks, hots, refused, readiness]] = await Promise.all([playing, measuring])
    const pool = readProbe(workspace).slice(poolBefore)
    const ready = readiness.statuses.filter(status => status === 200).length
    return [
      server.label,
      String(milliseconds),
      String(listeners),
      formatNumber(median(played.starts)),
      formatNumber(quantile(played.starts, 0.95)),
      formatNumber(median(seeks.latencies)) + pending(seeks.pending),
      formatNumber(quantile(seeks.latencies, 0.95)),
      formatNumber(quantile(hots.latencies, 0.95)) + pending(hots.pending),
      formatNumber(quantile(refused.latencies, 0.95)),
      formatNumber(median(pool)),
      formatNumber(played.stalled),
      String(played.starved),
      formatNumber(played.bytes / 1e6 / (seconds + 1.5)),
      server.label === 'demo' ? `${ready} of ${readiness.statuses.length + readiness.pending}` : '',
    ]
  } finally {
    await running.stop()
  }
}

function pending(count: number): string {
  return count > 2 ? ` (${count} pending)` : ''
}

function readProbe(workspace: string): readonly number[] {
  const file = probeFile(workspace)
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : []
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ms: { type: 'string', default: '5,20,50' },
      listeners: { type: 'string', default: '1,10,100,500' },
      servers: { type: 'string', default: 'demo,handler,handler-64,send,go,nginx' },
      seconds: { type: 'string', default: '10' },
      kept: { type: 'string', default: '3' },
    },
  })
  const servers = values.servers.split(',').map(contender)
  const workspace = new Workspace()
  process.once('exit', () => {
    workspace.remove()
  })
  const program = buildSlowFs(workspace.dir)
  const library = workspace.addSparseLibrary('tracks', HOT + 1)
  const rows: (readonly string[])[] = []
  for (const milliseconds of values.ms.split(',').map(Number)) {
    await using storage = await mountSlowly(program, library.dir, {
      milliseconds,
      keptFor: Number(values.kept),
    })
    for (const listeners of values.listeners.split(',').map(Number)) {
      for (const server of servers) {
        const circumstances = { milliseconds, listeners, seconds: Number(values.seconds) }
        const row = await measure(server, { ...library, dir: storage.path }, workspace.dir, circumstances)
        rows.push(row)
        console.error(row.join(' | '))
      }
    }
  }
  console.log(`Measured on ${describeRun()}; milliseconds.\n\n${formatTable(HEAD, rows)}`)
}

void main()
