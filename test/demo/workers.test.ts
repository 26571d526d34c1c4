/** Several workers at one address: what one of them does must hold on the others. */
import { once } from 'node:events'
import { readFileSync, truncateSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { ask } from '../support/client'
import type { Run } from '../support/demo-program'
import { eventually } from '../support/eventually'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { readEvents } from './event-reader'
import { bothSides, connectTo, metricsOf, pidOf, readOn, sample, sign, startWorkers } from './worker-sides'

// Each test starts several processes, and several tests run at a time.
jest.setTimeout(120_000)

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
/** More than is on its way to a client that does not read. It takes no room on the disk. */
const LONG = 64 * 1024 * 1024
truncateSync(directory.write('long.mp3', ''), LONG)
afterAll(directory.remove)

const PAGE = '1b4e28ba-2fa1-4d2e-8883-0016d3cca427'

function start(environment: Readonly<Record<string, string>> = {}): Run {
  return startWorkers(directory.path, environment)
}

// Concurrent, because each has processes of its own.
describe('workers', () => {
  it.concurrent('serve links that another one signed, with a secret that nobody has set', async () => {
    await using run = start()
    const [one, other] = await bothSides(run)
    const url = await sign(one)
    for (const side of [one, other]) expect((await side.ask(url)).body.equals(TRACK)).toBe(true)
  })

  it.concurrent('refuse a link as soon as another one has revoked it, and end its streams', async () => {
    await using run = start({ SECRET_KEY: SECRET })
    const [one, other] = await bothSides(run)
    const port = await run.port()
    const url = pathFor('long')
    const listeners = [await one.listen(url), await other.listen(url)]
    const control = await connectTo(run, port)
    const revoked = await control.post('/api/revoke', { link: url })
    expect(JSON.parse(revoked.body.toString())).toEqual({ streams: 2 })
    expect(await Promise.all(listeners.map(readOn))).toEqual([undefined, undefined])
    const [third, fourth] = await bothSides(run)
    for (const side of [third, fourth]) expect((await side.ask(url)).status).toBe(403)
  })

  it.concurrent(
    'let a link with one use begin once, on whichever worker the second attempt arrives',
    async () => {
      await using run = start()
      const [one, other] = await bothSides(run)
      const url = await sign(one, '&uses=1')
      expect((await one.ask(`${url}&device=2`)).status).toBe(200)
      expect((await other.ask(`${url}&device=3`)).status).toBe(403)
      expect((await other.ask(`${url}&device=2`)).status).toBe(200)
    },
  )

  it.concurrent('list the streams of all, and end those of another one', async () => {
    await using run = start({ SECRET_KEY: SECRET })
    const [one, other] = await bothSides(run)
    const listener = await one.listen(pathFor('long'))
    const list = JSON.parse((await other.ask('/api/streams')).body.toString()) as {
      total: number
      streams: { id: string; track: string }[]
    }
    expect(list).toMatchObject({ total: 1, streams: [{ track: 'long' }] })
    const answer = await other.post('/api/streams/end', { id: list.streams[0]?.id })
    expect(JSON.parse(answer.body.toString())).toEqual({ ended: true })
    expect(await readOn(listener)).toBeUndefined()
    expect((await other.post('/api/streams/end', { id: PAGE })).status).toBe(404)
  })

  it.concurrent('show a page the exchanges that another one serves', async () => {
    await using run = start({ SECRET_KEY: SECRET })
    const [one, other] = await bothSides(run)
    const reader = await readEvents(await run.port(), `/api/exchanges/${PAGE}`)
    expect(await reader.next()).toMatchObject({ event: 'open' })
    for (const side of [one, other]) {
      await side.ask(`${pathFor('track1')}&page=${PAGE}&for=probe`, { headers: { Range: 'bytes=0-1' } })
      expect(await reader.next()).toMatchObject({ data: { state: 'head', purpose: 'probe', status: 206 } })
      expect(await reader.next()).toMatchObject({ data: { state: 'end', outcome: 'complete' } })
    }
    reader.leave()
  })

  it.concurrent('count the refused signatures of a client together', async () => {
    await using run = start({ SECRET_KEY: SECRET, MAX_REFUSALS_PER_MINUTE: '2' })
    const [one, other] = await bothSides(run)
    const wrong = '/stream/track1?expires=1&sig=00'
    for (const side of [one, other]) {
      expect((await side.ask(wrong)).status).toBe(403)
      // The others hear of the refusal before they are asked for their streams.
      expect((await side.ask('/api/streams')).status).toBe(200)
    }
    for (const side of [one, other]) expect((await side.ask(wrong)).status).toBe(429)
    expect((await other.ask(pathFor('track1'))).status).toBe(200)
  })

  it.concurrent('go on while one of them is killed, which is replaced and counted', async () => {
    await using run = start({ SECRET_KEY: SECRET })
    const [one, other] = await bothSides(run)
    const revoked = pathFor('track1', 4_000_000_000)
    expect((await one.post('/api/revoke', { link: revoked })).status).toBe(200)
    const lost = await one.listen(pathFor('long'))
    const kept = await other.listen(pathFor('long'))
    const before = sample(
      await metricsOf(run),
      'signed_stream_requests_total{method="GET",status="200",code="OK"}',
    )
    expect(before).toBe(2)
    process.kill(pidOf(one.worker, run), 'SIGKILL')
    expect(await readOn(lost)).toBeUndefined()
    expect(await run.logged('A worker ended: it is replaced')).toMatchObject({
      level: 'error',
      worker: one.worker,
      signal: 'SIGKILL',
      delay_ms: 0,
    })
    expect(await readOn(kept)).toBe(LONG)

    await eventually(
      async () => sample(await metricsOf(run), 'signed_stream_workers') === 2,
      'it is replaced',
    )
    const text = await metricsOf(run)
    expect(sample(text, 'signed_stream_workers_replaced_total')).toBe(1)
    expect(sample(text, 'signed_stream_requests_total{method="GET",status="200",code="OK"}')).toBe(2)
    expect(sample(text, 'signed_stream_active_streams')).toBe(0)
    // The new one knows what was revoked before it began.
    const [third, fourth] = await bothSides(run)
    expect([third.worker, fourth.worker]).toContain(3)
    for (const side of [third, fourth]) expect((await side.ask(revoked)).status).toBe(403)
    expect((await ask(await run.port(), '/readyz')).status).toBe(200)
  })

  it.concurrent('are replaced later each time if they end early', async () => {
    await using run = start()
    const [one] = await bothSides(run)
    process.kill(pidOf(one.worker, run), 'SIGKILL')
    await eventually(() => pidOf(3, run) > 0, 'the first replacement starts')
    process.kill(pidOf(3, run), 'SIGKILL')
    await eventually(
      () =>
        run.log.some(({ msg, delay_ms }) => msg === 'A worker ended: it is replaced' && delay_ms === 1000),
      'the second one waits',
    )
  })

  it.concurrent.each<[string, (run: Run) => number[]]>([
    ['the first process', run => [Number(run.child.pid)]],
    [
      'all processes, as a terminal and systemd send it',
      run => [pidOf(1, run), Number(run.child.pid), pidOf(2, run)],
    ],
  ])('drain together after SIGTERM to %s', async (_case, receivers) => {
    await using run = start({ SECRET_KEY: SECRET })
    const [one, other] = await bothSides(run)
    const port = await run.port()
    const listeners = [await one.listen(pathFor('long')), await other.listen(pathFor('long'))]
    for (const pid of receivers(run)) process.kill(pid, 'SIGTERM')
    expect(await run.logged('Draining')).toMatchObject({ streams: 2 })
    await expect(ask(port, '/healthz')).rejects.toMatchObject({
      code: expect.stringMatching(/^ECONN(?:REFUSED|RESET)$/) as string,
    })
    expect(await Promise.all(listeners.map(readOn))).toEqual([LONG, LONG])
    expect(await run.ended).toBe(0)
    expect(run.log.at(-1)).toMatchObject({
      msg: 'Drained',
      streams_finished: 2,
      streams_left: 0,
      streams_cut: 0,
    })
    expect(run.log.filter(({ msg }) => msg.startsWith('A worker ended'))).toEqual([])
    expect(run.errors).toBe('')
  })

  it.concurrent('all end at once after a second signal, with 1', async () => {
    await using run = start({ SECRET_KEY: SECRET })
    const [one] = await bothSides(run)
    const listener = await one.listen(pathFor('long'))
    const port = await run.port()
    run.child.kill('SIGTERM')
    await run.logged('Draining')
    run.child.kill('SIGTERM')
    expect(await run.ended).toBe(1)
    expect(run.errors).toBe('second SIGTERM, exiting\n')
    expect(await readOn(listener)).toBeUndefined()
    await expect(ask(port, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it.concurrent('add up their metrics at either port', async () => {
    const METRICS_TOKEN = 'a token of some length'
    await using run = start({ SECRET_KEY: SECRET, METRICS_PORT: '', METRICS_TOKEN })
    const [one, other] = await bothSides(run)
    for (const side of [one, other]) await side.ask(pathFor('track1'))
    for (const side of [one, other]) {
      const { body } = await side.ask('/metrics', { headers: { Authorization: `Bearer ${METRICS_TOKEN}` } })
      const text = body.toString()
      expect(sample(text, 'signed_stream_sent_bytes_total')).toBe(2 * TRACK.length)
      expect(sample(text, 'signed_stream_completions_total{outcome="complete"}')).toBe(2)
      expect(sample(text, 'signed_stream_duration_seconds_count')).toBe(2)
      expect(sample(text, 'signed_stream_workers')).toBe(2)
      expect(sample(text, 'process_start_time_seconds')).toBeLessThan(Date.now() / 1000)
    }
  })

  it.concurrent(
    'close connections that are too many for them, and accept others when there is room again',
    async () => {
      const limits = readFileSync('/proc/self/limits', 'utf8')
      const descriptors = Number(/^Max open files +([0-9]+)/m.exec(limits)?.[1])
      // So that 16 connections are left for each worker.
      await using run = start({ CACHE_MAX_FILES: String(descriptors - 96) })
      const port = await run.port()
      const sockets = Array.from({ length: 60 }, () => connect(port, '127.0.0.1'))
      let closed = 0
      for (const socket of sockets) {
        socket
          .on('error', () => undefined)
          .on('close', () => {
            closed += 1
          })
      }
      await eventually(() => closed === 60 - 32, 'those that are too many are closed')
      await run.logged('Too many connections: some were closed unheard')
      for (const socket of sockets) socket.destroy()
      await eventually(
        () =>
          ask(port, '/healthz')
            .then(({ status }) => status === 200)
            .catch(() => false),
        'there is room again',
      )
    },
  )

  it.concurrent('do not start if the port is taken, and say so once', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    await using run = start({ HOST: '127.0.0.1', STREAM_SERVER_PORT: String(port) })
    expect(await run.ended).toBe(1)
    expect(run.errors).toBe(
      `Cannot start: STREAM_SERVER_PORT is ${port}, which another program uses: choose another\n`,
    )
    other.close()
  })
})
