/** Three workers that share a real Redis, under load: what is limited is limited for all, and who listens hears of no fault. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, truncateSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { hang, isRunning, metricsOf, pidOf, readOn, sample, startWorkers } from '../demo/worker-sides'
import { makeEnder } from '../support/at-the-end'
import { ask } from '../support/client'
import type { Run } from '../support/demo-program'
import { eventually } from '../support/eventually'
import { freePort } from '../support/free-ports'
import { processTree } from '../support/processes'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { startRedisServer, type RedisServer } from './redis-server'

jest.setTimeout(120_000)

const execute = promisify(execFile)
const atTheEnd = makeEnder()
const tracks = makeTrackDirectory()
atTheEnd(tracks.remove)
tracks.write('track1.mp3', TRACK)
/** More than is on its way to a client that does not read. */
const LONG = 64 * 1024 * 1024
truncateSync(tracks.write('long.mp3', ''), LONG)

const WORKERS = 3

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedisServer()
  atTheEnd(() => redis[Symbol.asyncDispose]())
})

function start(environment: Readonly<Record<string, string>> = {}): Run {
  return startWorkers(tracks.path, {
    WORKERS: String(WORKERS),
    SECRET_KEY: SECRET,
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    TRUST_PROXY: 'loopback',
    LOG_FORMAT: 'json',
    ...environment,
  })
}

async function untilReady(port: number): Promise<void> {
  await eventually(
    async () => (await ask(port, '/readyz').catch(() => undefined))?.status === 200,
    'all workers are ready',
  )
}

/** The port, once all workers know what was revoked. */
async function readyPort(run: Run): Promise<number> {
  const port = await run.port()
  await untilReady(port)
  return port
}

interface Quiet extends AsyncDisposable {
  readonly run: Run
  readonly port: number
  readonly metricsPort: number
  /** The workers' processes. */
  readonly workers: () => readonly number[]
}

/** For much load: it logs no request, and so not its ports either. */
async function startQuiet(environment: Readonly<Record<string, string>>): Promise<Quiet> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const run = start({
    HOST: '127.0.0.1',
    STREAM_SERVER_PORT: String(port),
    METRICS_PORT: String(metricsPort),
    LOG_LEVEL: 'warn',
    ...environment,
  })
  await untilReady(port)
  await eventually(
    async () =>
      sample((await ask(metricsPort, '/metrics')).body.toString(), 'signed_stream_workers') === WORKERS,
    'all workers serve',
  )
  return {
    run,
    port,
    metricsPort,
    workers: () => childrenOf(Number(run.child.pid)),
    [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
  }
}

function childrenOf(pid: number): readonly number[] {
  return processTree(pid).slice(1)
}

/** How many connections to `port` a process has, by the lists of Linux. */
function connectionsOf(pid: number, port: number): number {
  const own = readdirSync(`/proc/${pid}/fd`).map(name => readlinkSync(`/proc/${pid}/fd/${name}`))
  const address = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const established = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(address) && state === '01')
  return established.filter(fields => own.includes(`socket:[${fields[9] ?? ''}]`)).length
}

/** What a proxy says of a client. */
function from(client: number): { 'X-Forwarded-For': string } {
  return { 'X-Forwarded-For': `198.51.${Math.floor(client / 250)}.${(client % 250) + 1}` }
}

/** A listener on a connection of its own, which the next worker gets. */
async function listen(port: number, path: string, client = 0): Promise<IncomingMessage> {
  const req = get({ host: '127.0.0.1', port, path, agent: false, headers: from(client) })
  req.on('error', () => undefined)
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  return res.on('error', () => undefined)
}

let names = 0

async function sign(port: number, id: string, terms: string): Promise<string> {
  const { body } = await ask(port, `/api/sign/${id}?expiresIn=600&linkId=workers-${++names}&${terms}`)
  return (JSON.parse(body.toString()) as { url: string }).url
}

async function post(port: number, path: string, body: object): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Connection: 'close' },
    body: JSON.stringify(body),
  })
  return response.json()
}

interface Load {
  readonly requests: number
  /** With a status of 400 or more. */
  readonly refused: number
  /** Connections that failed: to connect, to read, to write or in time. */
  readonly failed: number
}

/** Requests of one client on connections that are kept alive. */
async function load(port: number, path: string, connections: number, seconds: number): Promise<Load> {
  const { stdout } = await execute('wrk', [
    ...['--threads', '1', '--connections', String(connections), '--duration', String(seconds)],
    ...['--header', 'Range: bytes=0-999', '--header', 'X-Forwarded-For: 203.0.113.9'],
    `http://127.0.0.1:${port}${path}`,
  ])
  const errors = /connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? []
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    refused: Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
    failed: errors.reduce((sum, count) => sum + Number(count), 0),
  }
}

const SERVED = 'signed_stream_requests_total{method="GET",status="206",code="OK"}'

it('let 3 of 1000 listeners begin with a link that has 3 uses, whichever worker they reach', async () => {
  await using run = start()
  const port = await readyPort(run)
  const url = await sign(port, 'track1', 'uses=3')
  const agent = new Agent({ keepAlive: true, maxSockets: 60 })
  const statuses = await Promise.all(
    Array.from({ length: 1000 }, async (_, client) => {
      const question = { agent, headers: { Range: 'bytes=0-99', ...from(client) } }
      // On a busy machine, Redis may be late: then nobody begins, and a player tries again.
      return eventually(async () => {
        const { status } = await ask(port, url, question)
        return status !== 503 && status
      }, 'Redis responds in time')
    }),
  )
  agent.destroy()
  expect(statuses.filter(status => status === 206)).toHaveLength(3)
  expect(statuses.filter(status => status === 403)).toHaveLength(997)
  const served = new Set(run.log.filter(({ msg }) => msg === 'Link refused').map(({ worker }) => worker))
  expect(served.size).toBe(WORKERS)
})

it('let 4 of 40 listeners listen at a time by a link that allows 4, whichever workers they reach', async () => {
  await using run = start()
  const port = await readyPort(run)
  const url = await sign(port, 'long', 'streams=4')
  const all: IncomingMessage[] = []
  // Not all at once: if Redis were late on a busy machine, each worker would count for itself.
  for (let round = 0; round < 5; round += 1) {
    const some = Array.from({ length: 8 }, (_, index) => listen(port, url, 8 * round + index))
    all.push(...(await Promise.all(some)))
  }
  expect(run.log.filter(({ msg }) => msg === 'The state of links does not respond')).toEqual([])
  expect(all.filter(({ statusCode }) => statusCode === 200)).toHaveLength(4)
  expect(all.filter(({ statusCode }) => statusCode === 429)).toHaveLength(36)
  for (const listener of all) listener.destroy()
})

it('give one client as many streams as MAX_STREAMS_PER_CLIENT says, over all of them', async () => {
  await using run = start({ MAX_STREAMS_PER_CLIENT: '7' })
  const port = await readyPort(run)
  const all = await Promise.all(Array.from({ length: 60 }, () => listen(port, pathFor('long'))))
  const granted = all.filter(({ statusCode }) => statusCode === 200)
  expect(granted).toHaveLength(7)
  expect(all.filter(({ statusCode }) => statusCode === 429)).toHaveLength(53)
  expect((await listen(port, pathFor('track1'), 1)).statusCode).toBe(200)
  expect(sample(await metricsOf(run), 'signed_stream_active_streams')).toBe(7)
  for (const listener of granted) listener.destroy()
})

it('refuse nobody who stays within it, under load', async () => {
  await using quiet = await startQuiet({ MAX_STREAMS_PER_CLIENT: '24' })
  const { port } = quiet
  for (let round = 0; round < 3; round += 1) {
    const { requests, refused, failed } = await load(port, pathFor('track1'), 24, 2)
    expect(requests).toBeGreaterThan(0)
    expect([refused, failed]).toEqual([0, 0])
  }
})

it('end the streams of a listener that one of them revokes, and refuse its links, all of them', async () => {
  await using run = start()
  const port = await readyPort(run)
  const url = await sign(port, 'long', 'listener=u42')
  const listeners = await Promise.all(Array.from({ length: 2 * WORKERS }, () => listen(port, url)))
  const others = await listen(port, await sign(port, 'long', 'listener=u43'))
  expect(await post(port, '/api/revoke', { listener: 'u42' })).toEqual({ streams: 2 * WORKERS })
  expect(new Set(await Promise.all(listeners.map(readOn)))).toEqual(new Set([undefined]))
  for (let count = 0; count < 4 * WORKERS; count += 1) expect((await ask(port, url)).status).toBe(403)
  expect(await readOn(others)).toBe(LONG)
})

it('hold a revocation in all of them although Redis is away, and share it when it is back', async () => {
  await using run = start()
  const port = await readyPort(run)
  const url = await sign(port, 'track1', 'listener=u44')
  await redis.stop()
  try {
    await run.logged('The state of links does not respond')
    expect(await post(port, '/api/revoke', { listener: 'u44' })).toEqual({
      error: 'It is revoked on this instance; the server tries again to save or share it',
    })
    for (let count = 0; count < 4 * WORKERS; count += 1) expect((await ask(port, url)).status).toBe(403)
    // What the first process counts needs no Redis.
    expect((await ask(port, pathFor('track1'))).status).toBe(200)
  } finally {
    await redis.start()
  }
  await run.logged('The state of links responds again')
  await using another = start()
  const elsewhere = await readyPort(another)
  await eventually(async () => (await ask(elsewhere, url)).status === 403, 'another instance knows it')
})

it('go on under load while one is killed and one hangs: downloads are whole, and no sum falls', async () => {
  await using quiet = await startQuiet({ MAX_STREAMS_PER_CLIENT: '0' })
  const { run, port, metricsPort, workers } = quiet
  const downloads = await Promise.all(
    Array.from({ length: 2 * WORKERS }, () => listen(port, pathFor('long'))),
  )
  const [first = 0, second = 0] = workers()
  const ofFirst = connectionsOf(first, port)
  expect(ofFirst).toBeGreaterThan(0)

  let last = 0
  async function neverFalls(): Promise<string> {
    const text = (await ask(metricsPort, '/metrics')).body.toString()
    const sum = sample(text, SERVED)
    expect(Number.isNaN(sum) ? 0 : sum).toBeGreaterThanOrEqual(last)
    last = Math.max(last, Number.isNaN(sum) ? 0 : sum)
    return text
  }
  const loaded = load(port, pathFor('track1'), 12, 8)
  await eventually(async () => {
    await neverFalls()
    return last > 0
  }, 'the load has begun')

  process.kill(first, 'SIGKILL')
  await run.logged('A worker ended: it is replaced')
  for (let count = 0; count < 20; count += 1) await neverFalls()
  await eventually(
    async () => sample(await neverFalls(), 'signed_stream_workers') === WORKERS,
    'the worker is replaced',
  )

  using hanging = hang(second)
  for (let count = 0; count < 3; count += 1) await neverFalls()
  const ready = await ask(metricsPort, '/readyz')
  expect([ready.status, ready.body.toString()]).toEqual([503, 'a worker does not respond\n'])
  hanging.goOn()
  for (let count = 0; count < 20; count += 1) await neverFalls()
  await untilReady(port)
  const { requests } = await loaded
  expect(requests).toBeGreaterThan(0)

  // The downloads of the worker that was killed are lost, and all others whole.
  const results = await Promise.all(downloads.map(readOn))
  expect(results.filter(bytes => bytes === undefined)).toHaveLength(ofFirst)
  expect(results.filter(bytes => bytes === LONG)).toHaveLength(2 * WORKERS - ofFirst)
  expect(sample(await neverFalls(), 'signed_stream_workers_replaced_total')).toBe(1)
  expect(run.log.filter(({ level }) => level === 'error').map(({ msg }) => msg)).toEqual([
    'A worker ended: it is replaced',
    'A worker does not respond',
  ])
})

it('drain together after SIGTERM under load, and end with 0', async () => {
  await using run = start({ MAX_STREAMS_PER_CLIENT: '0' })
  const port = await readyPort(run)
  const downloads = await Promise.all(
    Array.from({ length: 2 * WORKERS }, () => listen(port, pathFor('long'))),
  )
  const pids = childrenOf(Number(run.child.pid))
  expect(pids).toHaveLength(WORKERS)
  const loaded = load(port, pathFor('track1'), 12, 4)
  await eventually(async () => sample(await metricsOf(run), SERVED) > 0, 'the load has begun')
  run.child.kill('SIGTERM')
  await run.logged('Draining')
  await expect(ask(port, '/healthz')).rejects.toMatchObject({
    code: expect.stringMatching(/^ECONN/) as string,
  })
  expect(await Promise.all(downloads.map(readOn))).toEqual(downloads.map(() => LONG))
  expect(await run.ended).toBe(0)
  expect(run.log.at(-1)).toMatchObject({ msg: 'Drained', streams_cut: 0, streams_left: 0 })
  expect(pids.filter(isRunning)).toEqual([])
  await loaded
})

it('kill one that does not listen within 30 s of its start, and start another', async () => {
  await using run = start()
  const port = await readyPort(run)
  process.kill(pidOf(1, run), 'SIGKILL')
  const pid = await eventually(() => pidOf(WORKERS + 1, run) || undefined, 'a worker is started')
  using hanging = hang(pid)
  await eventually(
    () =>
      run.log.some(
        ({ msg, signal, worker }) =>
          msg === 'A worker ended: it is replaced' && signal === 'SIGKILL' && worker === WORKERS + 1,
      ),
    'it is killed',
    60_000,
  )
  await eventually(
    async () => sample(await metricsOf(run), 'signed_stream_workers') === WORKERS,
    'another serves',
  )
  expect((await ask(port, pathFor('track1'))).status).toBe(200)
  hanging.goOn()
})
