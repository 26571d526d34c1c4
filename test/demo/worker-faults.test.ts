/** What several workers do when one of their processes hangs, is killed, or cannot be started. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { truncateSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { ask, connectTo as connectRaw, rawGet } from '../support/client'
import type { Run } from '../support/demo-program'
import { eventually } from '../support/eventually'
import { makeTrackDirectory, pathFor, pathWithTerms, SECRET, TRACK } from '../support/tracks'
import {
  bothSides,
  connectTo,
  hang,
  isRunning,
  listenAnew,
  metricsOf,
  pidOf,
  readOn,
  sample,
  sign,
  startWorkers,
  type Side,
} from './worker-sides'

// Each test starts several processes, and several tests run at a time.
jest.setTimeout(120_000)

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
/** More than is on its way to a client that does not read. It takes no room on the disk. */
const LONG = 64 * 1024 * 1024
truncateSync(directory.write('long.mp3', ''), LONG)
afterAll(directory.remove)

function start(environment: Readonly<Record<string, string>> = {}): Run {
  return startWorkers(directory.path, { SECRET_KEY: SECRET, ...environment })
}

async function metricsPortOf(run: Run): Promise<number> {
  const { metrics } = await run.logged('Listening')
  return Number(new URL(String(metrics)).port)
}

function primaryOf(run: Run): number {
  return Number(run.child.pid)
}

interface Listed {
  readonly total: number
  readonly isIncomplete?: true
  readonly streams: readonly { readonly id: string }[]
}

async function streamsOf(port: number): Promise<Listed> {
  return JSON.parse((await ask(port, '/api/streams')).body.toString()) as Listed
}

const SERVED = 'signed_stream_requests_total{method="GET",status="200",code="OK"}'

// Concurrent, because each has processes of its own.
describe('a worker that hangs', () => {
  it.concurrent(
    'keeps its part of all sums, while it hangs, goes on, hangs again and is killed',
    async () => {
      await using run = start()
      const [one, other] = await bothSides(run)
      await one.ask(pathFor('track1'))
      await other.ask(pathFor('track1'))
      const listener = await one.listen(pathFor('long'))
      expect(sample(await metricsOf(run), SERVED)).toBe(3)
      const pid = pidOf(one.worker, run)

      using first = hang(pid)
      await other.ask(pathFor('track1'))
      const text = await metricsOf(run)
      expect(sample(text, SERVED)).toBe(4)
      expect(sample(text, 'signed_stream_active_streams')).toBe(1)
      expect(sample(text, 'signed_stream_workers')).toBe(2)
      first.goOn()
      await eventually(
        async () => (await ask(await run.port(), '/readyz')).status === 200,
        'it responds again',
      )
      expect(sample(await metricsOf(run), SERVED)).toBe(4)

      using second = hang(pid)
      expect(sample(await metricsOf(run), SERVED)).toBe(4)
      // A scrape waits for its answer, which never comes.
      const scrape = metricsOf(run)
      process.kill(pid, 'SIGKILL')
      expect(sample(await scrape, SERVED)).toBe(4)
      await readOn(listener)
      await eventually(
        async () => sample(await metricsOf(run), 'signed_stream_workers') === 2,
        'it is replaced',
      )
      expect(sample(await metricsOf(run), SERVED)).toBe(4)
      second.goOn()
    },
  )

  it.concurrent('is named by /readyz, and makes lists of streams incomplete', async () => {
    await using run = start()
    const [one, other] = await bothSides(run)
    const port = await run.port()
    await one.listen(pathFor('long'))
    const { total, streams } = await streamsOf(port)
    expect(total).toBe(1)
    using hanging = hang(pidOf(one.worker, run))
    const ready = await ask(await metricsPortOf(run), '/readyz')
    expect([ready.status, ready.body.toString()]).toEqual([503, 'a worker does not respond\n'])
    const named = { level: 'error', worker: one.worker, pid: pidOf(one.worker, run) }
    expect(await run.logged('A worker does not respond')).toMatchObject(named)
    await ask(await metricsPortOf(run), '/readyz')
    expect(run.log.filter(({ msg }) => msg === 'A worker does not respond')).toHaveLength(1)
    const list = JSON.parse((await other.ask('/api/streams')).body.toString()) as Listed
    expect(list).toMatchObject({ total: 0, isIncomplete: true })
    // The stream may be with the worker that hangs: nobody knows that there is none.
    expect((await other.post('/api/streams/end', { id: streams[0]?.id })).status).toBe(503)
    hanging.goOn()
    await eventually(async () => (await ask(port, '/readyz')).status === 200, 'it responds again')
    await run.logged('A worker responds again')
    expect((await streamsOf(port)).isIncomplete).toBeUndefined()
    expect((await other.post('/api/streams/end', { id: streams[0]?.id })).status).toBe(404)
  })

  it.concurrent(
    'revokes later what was revoked meanwhile, and nothing that was signed since then',
    async () => {
      await using run = start()
      const [one, other] = await bothSides(run)
      const old = await sign(other, '&listener=u42')
      using hanging = hang(pidOf(one.worker, run))
      const revoked = await other.post('/api/revoke', { listener: 'u42' })
      expect(JSON.parse(revoked.body.toString())).toEqual({ streams: 0, isIncomplete: true })
      // Links know the second in which they were signed.
      const since = Math.floor(Date.now() / 1000)
      await eventually(() => Math.floor(Date.now() / 1000) >= since + 4, 'some seconds have passed')
      const renewed = await sign(other, '&listener=u42')
      expect((await other.ask(renewed)).status).toBe(200)
      hanging.goOn()
      await eventually(async () => (await one.ask(old)).status === 403, 'it knows the revocation')
      await eventually(
        async () => (await ask(await run.port(), '/readyz')).status === 200,
        'it responds again',
      )
      for (const side of [one, other]) {
        expect((await side.ask(old)).status).toBe(403)
        expect((await side.ask(renewed)).status).toBe(200)
      }
    },
  )

  it.concurrent(
    'is killed after the drain, which says at once how many streams the others have',
    async () => {
      await using run = start({ DRAIN_TIMEOUT: '1s' })
      const [one, other] = await bothSides(run)
      await other.listen(pathFor('long'))
      using hanging = hang(pidOf(one.worker, run))
      run.child.kill('SIGTERM')
      expect(await run.logged('Draining')).toMatchObject({ streams: 1 })
      expect(isRunning(pidOf(one.worker, run))).toBe(true)
      expect(await run.ended).toBe(1)
      expect(run.errors).toContain('Workers that ended before their drain: 1')
      hanging.goOn()
    },
  )
})

describe('one worker', () => {
  it.concurrent('drains alone after SIGTERM to it, and is replaced meanwhile', async () => {
    await using run = start()
    const [one, other] = await bothSides(run)
    const listener = await one.listen(pathFor('long'))
    const kept = await other.listen(pathFor('long'))
    process.kill(pidOf(one.worker, run), 'SIGTERM')
    await run.logged('A worker ended: it is replaced')
    await eventually(
      async () => sample(await metricsOf(run), 'signed_stream_workers') === 2,
      'it is replaced',
    )
    // It drains, so its stream is still in progress, counts, and can be revoked.
    expect(sample(await metricsOf(run), 'signed_stream_active_streams')).toBe(2)
    expect(await streamsOf(await run.port())).toMatchObject({ total: 2 })
    expect((await ask(await run.port(), '/readyz')).status).toBe(200)
    expect(await readOn(listener)).toBe(LONG)
    expect(await readOn(kept)).toBe(LONG)
    await eventually(() => !isRunning(pidOf(one.worker, run)), 'it has ended')
    expect(sample(await metricsOf(run), SERVED)).toBe(2)
    expect(run.log.filter(({ msg }) => msg === 'A worker ended: it is replaced')).toHaveLength(1)
  })

  it.concurrent(
    'leaves in the sums all that it has counted, also what it counted while it drained',
    async () => {
      await using run = start()
      const [one] = await bothSides(run)
      const listener = await one.listen(pathFor('long'))
      const completed = 'signed_stream_completions_total{outcome="complete"}'
      expect(sample(await metricsOf(run), completed)).toBe(0)
      process.kill(pidOf(one.worker, run), 'SIGTERM')
      expect(await readOn(listener)).toBe(LONG)
      await eventually(() => !isRunning(pidOf(one.worker, run)), 'it has ended')
      await eventually(
        async () => sample(await metricsOf(run), completed) === 1,
        'its last stream is counted',
      )
      expect(sample(await metricsOf(run), 'signed_stream_sent_bytes_total')).toBe(LONG)
    },
  )

  it.concurrent('is killed if it drains without a request to, and does not end', async () => {
    await using run = start({ DRAIN_TIMEOUT: '5s' })
    const [one] = await bothSides(run)
    await one.listen(pathFor('long'))
    const pid = pidOf(one.worker, run)
    process.kill(pid, 'SIGTERM')
    await run.logged('A worker ended: it is replaced')
    using hanging = hang(pid)
    await eventually(() => !isRunning(pid), 'it is killed')
    await eventually(
      async () => sample(await metricsOf(run), 'signed_stream_workers') === 2,
      'it is replaced',
    )
    expect(sample(await metricsOf(run), 'signed_stream_workers_replaced_total')).toBe(1)
    hanging.goOn()
  })

  it.concurrent('shows in the metrics, while it drains, what it still does', async () => {
    await using run = start()
    const [one, other] = await bothSides(run)
    const listeners = [await one.listen(pathFor('long')), await other.listen(pathFor('long'))]
    run.child.kill('SIGTERM')
    await run.logged('Draining')
    expect(sample(await metricsOf(run), 'signed_stream_active_streams')).toBe(2)
    listeners[0]?.destroy()
    await eventually(
      async () => sample(await metricsOf(run), 'signed_stream_active_streams') === 1,
      'the metrics show the stream that has ended',
    )
    listeners[1]?.destroy()
    expect(await run.ended).toBe(0)
  })
})

describe('the first process', () => {
  it.concurrent('takes all workers with it when it is killed', async () => {
    await using run = start()
    const [one, other] = await bothSides(run)
    const port = await run.port()
    const listener = await one.listen(pathFor('long'))
    const pids = [pidOf(one.worker, run), pidOf(other.worker, run)]
    run.child.kill('SIGKILL')
    await eventually(() => !pids.some(isRunning), 'the workers have ended')
    expect(await readOn(listener)).toBeUndefined()
    await expect(ask(port, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it.concurrent('leaves no worker behind after SIGTERM while they start', async () => {
    await using silent = await startSilentServer()
    await using run = start({ REDIS_URL: `redis://127.0.0.1:${silent.port}` })
    await run.logged('Worker started')
    run.child.kill('SIGTERM')
    await run.ended
    await eventually(() => !isRunning(pidOf(1, run)), 'the worker has ended')
  })

  it.concurrent('says why it does not start if the first worker is killed before it listens', async () => {
    await using silent = await startSilentServer()
    await using run = start({ REDIS_URL: `redis://127.0.0.1:${silent.port}` })
    await run.logged('Worker started')
    process.kill(pidOf(1, run), 'SIGKILL')
    expect(await run.ended).toBe(1)
    expect(run.errors).toBe('Cannot start: The first worker ended before it listened: SIGKILL\n')
  })

  it.concurrent(
    'goes on if the system has no room for another worker, and starts it when there is',
    async () => {
      await using run = start()
      const [one, other] = await bothSides(run)
      const kept = await other.listen(pathFor('long'))
      const primary = primaryOf(run)
      // Those that are open stay so.
      limit(primary, 'nofile', '3')
      process.kill(pidOf(one.worker, run), 'SIGKILL')
      const entry = await eventually(
        () =>
          run.log.find(
            ({ msg, ...fields }) =>
              (msg === 'A worker cannot be started: it is tried again' ||
                msg === 'A worker ended: it is replaced') &&
              'err' in fields,
          ),
        'the log says why',
      )
      expect(JSON.stringify(entry['err'])).toContain('EMFILE')
      expect(run.child.exitCode).toBeNull()
      limit(primary, 'nofile', '4096')
      await eventually(
        async () => sample(await metricsOf(run), 'signed_stream_workers') === 2,
        'it is replaced',
      )
      expect(await readOn(kept)).toBe(LONG)
      await bothSides(run)
    },
  )

  it.concurrent('tries again if the system refuses to start another worker at all', async () => {
    // The arguments and variables of a program may take a quarter of the limit of its stack.
    const large = Object.fromEntries(['A', 'B', 'C'].map(name => [name, name.repeat(100_000)]))
    await using run = start(large)
    const [one, other] = await bothSides(run)
    const kept = await other.listen(pathFor('long'))
    limit(primaryOf(run), 'stack', '1048576')
    process.kill(pidOf(one.worker, run), 'SIGKILL')
    const { err } = await run.logged('A worker cannot be started: it is tried again')
    expect(JSON.stringify(err)).toContain('E2BIG')
    limit(primaryOf(run), 'stack', '8388608')
    await eventually(
      async () => sample(await metricsOf(run), 'signed_stream_workers') === 2,
      'it is replaced',
    )
    expect(await readOn(kept)).toBe(LONG)
  })

  it.concurrent('does not start if the port of the metrics is taken, and says so once', async () => {
    await using silent = await startSilentServer()
    await using run = start({ METRICS_PORT: String(silent.port) })
    expect(await run.ended).toBe(1)
    expect(run.errors).toBe(
      `Cannot start: METRICS_PORT is ${silent.port}, which another program uses: choose another\n`,
    )
    expect(run.log).toEqual([])
  })

  it.concurrent(
    'may hang: a client on a connection that it has is served within a second or so',
    async () => {
      await using run = start({ MAX_STREAMS_PER_CLIENT: '2' })
      const [one, other] = await bothSides(run)
      using hanging = hang(primaryOf(run))
      for (const side of [one, other, one, other])
        expect((await side.ask(pathFor('track1'))).status).toBe(200)
      expect((await one.ask('/readyz')).body.toString()).toBe('the primary process does not respond\n')
      hanging.goOn()
      await eventually(async () => (await one.ask('/readyz')).status === 200, 'it responds again')
      // What was granted too late counts for nobody for ever.
      const listeners = [
        await other.listen(pathFor('long')),
        await listenAnew(await run.port(), pathFor('long')),
      ]
      expect(listeners.map(({ statusCode }) => statusCode)).toEqual([200, 200])
      expect((await one.ask(pathFor('track1'))).status).toBe(429)
    },
  )
})

describe('MAX_STREAMS_PER_CLIENT', () => {
  const path = pathFor('long')

  async function listen(
    port: number,
    count: number,
  ): Promise<[granted: IncomingMessage[], refused: IncomingMessage[]]> {
    const all = await Promise.all(Array.from({ length: count }, () => listenAnew(port, path)))
    return [
      all.filter(({ statusCode }) => statusCode === 200),
      all.filter(({ statusCode }) => statusCode === 429),
    ]
  }

  /** Repeats it until it is granted: the server notices an end a moment after its client. */
  async function listenSoon(port: number): Promise<IncomingMessage> {
    return eventually(async () => (await listen(port, 1))[0][0], 'a place is free')
  }

  it.concurrent('is exact over all workers, when all streams begin at once', async () => {
    await using run = start({ MAX_STREAMS_PER_CLIENT: '5' })
    await bothSides(run)
    const port = await run.port()
    const [granted, refused] = await listen(port, 30)
    expect([granted.length, refused.length]).toEqual([5, 25])
    expect(refused[0]?.headers).toMatchObject({ 'retry-after': '10', 'access-control-allow-origin': '*' })
    expect(sample(await metricsOf(run), 'signed_stream_limited_total{limit="streams"}')).toBe(25)
    expect(sample(await metricsOf(run), 'signed_stream_active_streams')).toBe(5)
    const logged = run.log.filter(({ msg }) => msg === 'Too many streams at a time')
    expect(logged.length).toBeLessThanOrEqual(2)
    expect(logged[0]).toMatchObject({ level: 'warn', client_ip: '127.0.0.1', streams: 5 })

    granted[0]?.destroy()
    await listenSoon(port)
    expect((await listen(port, 4))[0]).toEqual([])
  })

  it.concurrent('lets all streams be with one worker, also after the other one had them', async () => {
    await using run = start({ MAX_STREAMS_PER_CLIENT: '2' })
    const port = await run.port()
    const here: Side[] = []
    const there: Side[] = []
    while (here.length < 2 || there.length < 2) {
      const side = await connectTo(run, port)
      if (here.length === 0 || side.worker === here[0]?.worker) here.push(side)
      else there.push(side)
    }
    for (const group of [here, there]) {
      const listeners = await Promise.all(group.slice(0, 2).map(side => side.listen(path)))
      // At once, and not only when the other worker returns by itself what it does not use.
      expect(listeners.map(({ statusCode }) => statusCode)).toEqual([200, 200])
      expect((await ask(port, pathFor('track1'))).status).toBe(429)
      for (const listener of listeners) listener.destroy()
      await eventually(
        async () => sample(await metricsOf(run), 'signed_stream_active_streams') === 0,
        'both streams have ended',
      )
    }
  })

  it.concurrent(
    'counts a client once that requests one range after the other, and no refused link',
    async () => {
      await using run = start({ MAX_STREAMS_PER_CLIENT: '1', MAX_REFUSALS_PER_MINUTE: '0' })
      const [one, other] = await bothSides(run)
      const range = { headers: { Range: 'bytes=0-99' } }
      for (let round = 0; round < 50; round += 1) {
        for (const side of [one, other]) {
          expect((await side.ask(pathFor('track1'), range)).status).toBe(206)
          expect((await side.ask('/stream/track1?expires=1&sig=00')).status).toBe(403)
          expect((await side.ask(pathFor('missing'))).status).toBe(404)
        }
      }
      const listener = await one.listen(path)
      expect((await other.ask('/stream/track1?expires=1&sig=00')).status).toBe(403)
      expect((await other.ask(pathFor('track1'))).status).toBe(429)
      expect((await other.ask(pathWithTerms('track1', 'sub.u1'))).status).toBe(429)
      listener.destroy()
    },
  )

  it.concurrent('frees the places of a worker that is killed', async () => {
    await using run = start({ MAX_STREAMS_PER_CLIENT: '4' })
    const [one] = await bothSides(run)
    const port = await run.port()
    const [granted] = await listen(port, 4)
    expect(granted).toHaveLength(4)
    const pid = pidOf(one.worker, run)
    expect((await listen(port, 2))[0]).toEqual([])
    process.kill(pid, 'SIGKILL')
    await eventually(
      async () => sample(await metricsOf(run), 'signed_stream_workers') === 2,
      'it is replaced',
    )
    const kept = (await streamsOf(port)).total
    expect(kept).toBeLessThan(4)
    const [again] = await listen(port, 8)
    expect(again).toHaveLength(4 - kept)
  })

  it.concurrent('keeps the places of a worker that hangs, and refuses nobody else for long', async () => {
    await using run = start({ MAX_STREAMS_PER_CLIENT: '2' })
    const [one, other] = await bothSides(run)
    const listener = await one.listen(path)
    using hanging = hang(pidOf(one.worker, run))
    expect((await other.ask(pathFor('track1'))).status).toBe(200)
    const second = await other.listen(path)
    expect(second.statusCode).toBe(200)
    hanging.goOn()
    const [, refused] = await listen(await run.port(), 4)
    expect(refused).toHaveLength(4)
    listener.destroy()
    second.destroy()
  })

  it.concurrent('counts a pipelined stream from its turn', async () => {
    await using run = start({ MAX_STREAMS_PER_CLIENT: '2' })
    const [one] = await bothSides(run)
    const port = await run.port()
    const socket = await pipeline(port, [path, path, path])
    expect((await one.ask(pathFor('track1'))).status).toBe(200)
    await listenSoon(port)
    expect((await one.ask(pathFor('track1'))).status).toBe(429)
    socket.destroy()
  })
})

/** Sends all requests at once on one connection; resolves with the first bytes of the first response. */
async function pipeline(port: number, paths: readonly string[]): Promise<Socket> {
  const socket = connectRaw(
    port,
    paths.map(each => rawGet(each).replace('Connection: close\r\n', '')).join(''),
  )
  await once(socket, 'readable')
  return socket
}

/** Sets the soft limit of a process. */
function limit(pid: number, resource: 'nofile' | 'stack', value: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--${resource}=${value}:`])
}

/** Accepts connections, and responds to nothing: a worker whose Redis it is takes a second longer to start. */
async function startSilentServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => sockets.add(socket.on('error', () => undefined)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await once(server.close(), 'close')
    },
  }
}
