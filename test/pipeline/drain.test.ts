/** `drain`: what happens to streams in progress, to their connections, and to requests that come later. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage, type RequestListener } from 'node:http'
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import {
  createLinks,
  createStreamHandler,
  createStreamRouter,
  memoryState,
  type StreamHandler,
  type StreamHandlerOptions,
} from 'express-signed-stream'
import { GrantedStreams } from '../../src/pipeline/granted-streams'
import { ask, connectTo, statusesIn } from '../support/client'
import { eventsOf } from '../support/events'
import { eventually } from '../support/eventually'
import { EIO, scriptSource } from '../support/scripted-source'
import { HOSTS, listen, type RunningServer } from '../support/server'
import { setStage } from '../support/stage'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

/** More than the kernel takes for a client that does not read. */
const LONG = Buffer.alloc(12 * 1024 * 1024, 'a long track, ')

const tracks = makeTrackDirectory()
tracks.write('long.mp3', LONG)
tracks.write('short.mp3', 'short')
afterAll(tracks.remove)

const NOTHING = { finished: 0, left: 0, ended: 0, bytesOfEnded: 0 }
const HOUR = 3_600_000

interface Served extends RunningServer {
  readonly stream: StreamHandler
}

async function serve(options: Partial<StreamHandlerOptions> = {}): Promise<Served> {
  const stream = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, ...options })
  return { ...(await listen(stream)), stream }
}

/** A client that has the head of the long track and reads no further. */
async function begin(port: number, agent?: Agent): Promise<IncomingMessage> {
  const request = get({ host: '127.0.0.1', port, path: pathFor('long'), agent: agent ?? false })
  const [res] = (await once(request, 'response')) as [IncomingMessage]
  await once(res, 'readable')
  return res
}

function keepAlive(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`
}

/** Reads on; resolves with how many bytes came, also if they are not all. */
async function readOn(res: IncomingMessage | ClientHttp2Stream): Promise<number> {
  let bytes = 0
  try {
    for await (const chunk of res) bytes += (chunk as Buffer).length
  } catch {
    return bytes
  }
  return bytes
}

const PACKAGINGS: readonly (readonly [string, () => { listener: RequestListener; stream: StreamHandler }])[] =
  [
    ...HOSTS.map(
      ([host, mount]) =>
        [
          `createStreamRouter on ${host}`,
          () => {
            const stream = createStreamRouter({ dir: tracks.path, secret: SECRET })
            return { listener: mount(stream), stream }
          },
        ] as const,
    ),
    [
      'createStreamHandler',
      () => {
        const stream = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET })
        return { listener: stream, stream }
      },
    ],
  ]

it('counts a response that was offloaded during the drain as finished', async () => {
  let present: ((url: string) => void) | undefined
  const url = new Promise<string>(resolve => {
    present = resolve
  })
  let hasCalled: (() => void) | undefined
  const called = new Promise<void>(resolve => {
    hasCalled = resolve
  })
  await using server = await serve({
    offload: {
      kind: 'redirect',
      presign() {
        hasCalled?.()
        return url
      },
    },
  })
  const response = ask(server.port, pathFor('short'))
  await called
  const drained = server.stream.drain({ timeout: HOUR })
  present?.('https://store.example/short')
  expect((await response).status).toBe(302)
  expect(await drained).toEqual({ ...NOTHING, finished: 1 })
})

describe.each(PACKAGINGS)('%s', (_host, make) => {
  it('lets a stream finish, refuses later ones with 503, and closes both connections', async () => {
    const { listener, stream } = make()
    await using server = await listen(listener)
    const agent = new Agent({ keepAlive: true })
    const res = await begin(server.port, agent)
    expect(res.headers.connection).toBe('keep-alive')
    const { drain } = stream
    const drained = drain({ timeout: HOUR })

    const other = new Agent({ keepAlive: true })
    const headers = { Accept: 'application/json' }
    const refused = await ask(server.port, pathFor('short'), { agent: other, headers })
    expect(refused.status).toBe(503)
    expect(refused.headers).toMatchObject({
      connection: 'close',
      'retry-after': '2',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    })
    expect(JSON.parse(refused.body.toString())).toMatchObject({ code: 'DRAINING' })
    expect((await ask(server.port, '/stream/short')).status).toBe(403)

    const closed = once(res.socket, 'close')
    expect(await readOn(res)).toBe(LONG.length)
    await closed
    expect(await drained).toEqual({ ...NOTHING, finished: 1 })
  })
})

it('ends what is left when the time is up, with the bytes that its client received', async () => {
  const completions = eventsOf('completion')
  const refusals = eventsOf('refusal')
  await using server = await serve()
  const clients = await Promise.all([begin(server.port), begin(server.port), begin(server.port)])
  const result = await server.stream.drain({ timeout: 50 })
  const received = await Promise.all(clients.map(readOn))
  expect(completions.map(({ outcome }) => outcome)).toEqual(['ended', 'ended', 'ended'])
  expect(refusals).toEqual([])
  const sent = completions.map(({ bytesSent }) => bytesSent)
  expect(Array.from(sent).sort()).toEqual(received.sort())
  const sum = sent.reduce((total, bytes) => total + bytes, 0)
  expect(sum).toBeGreaterThan(0)
  expect(sum).toBeLessThan(3 * LONG.length)
  expect(result).toEqual({ ...NOTHING, ended: 3, bytesOfEnded: sum })
})

it('does not wait for a client that leaves, and counts it apart', async () => {
  await using server = await serve()
  const [stays, leaves] = await Promise.all([begin(server.port), begin(server.port)])
  const drained = server.stream.drain({ timeout: HOUR })
  leaves.destroy()
  expect(await readOn(stays)).toBe(LONG.length)
  expect(await drained).toEqual({ ...NOTHING, finished: 1, left: 1 })
})

it('counts no stream that ended before it began, and resolves at once without any', async () => {
  await using server = await serve()
  expect((await ask(server.port, pathFor('short'))).status).toBe(200)
  expect((await ask(server.port, pathFor('missing'))).status).toBe(404)
  expect((await ask(server.port, pathFor('short').replace('?', '.xyz?'))).status).toBe(404)
  expect(await server.stream.drain({ timeout: HOUR })).toEqual(NOTHING)
})

it('may be called twice: the first time-out holds', async () => {
  await using server = await serve()
  const client = await begin(server.port)
  const first = server.stream.drain({ timeout: 50 })
  expect(server.stream.drain({ timeout: HOUR })).toBe(first)
  expect(await first).toMatchObject({ ended: 1 })
  client.destroy()
})

it('waits for longer than a timer of Node can', async () => {
  await using server = await serve()
  const client = await begin(server.port)
  const drained = server.stream.drain({ timeout: 2 ** 40 })
  expect(await readOn(client)).toBe(LONG.length)
  expect(await drained).toEqual({ ...NOTHING, finished: 1 })
})

it.each([-1, 0.5, Number.NaN, '10s'])(
  'throws for a time-out of %p, before it refuses anything',
  async timeout => {
    await using server = await serve()
    expect(() => server.stream.drain({ timeout: timeout as number })).toThrow(
      'Cannot drain: timeout must be a whole number of milliseconds, 0 or more, got',
    )
    expect((await ask(server.port, pathFor('short'))).status).toBe(200)
  },
)

it('refuses a pipelined request whose turn comes later, closes its connection, and does not count it', async () => {
  await using server = await serve()
  const socket = connectTo(server.port, ['long', 'short', 'short'].map(id => keepAlive(pathFor(id))).join(''))
  await once(socket, 'readable')
  const drained = server.stream.drain({ timeout: HOUR })
  const received = (await buffer(socket)).toString('latin1')
  expect(statusesIn(received)).toEqual([200, 503])
  expect(received.slice(received.lastIndexOf('HTTP/1.1 503'))).toMatch(/^Connection: close\r$/im)
  expect(await drained).toEqual({ ...NOTHING, finished: 1 })
})

it('lets the app respond to what is pipelined behind a stream', async () => {
  const stream = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET })
  await using server = await listen((req, res) => {
    stream(req, res, () => res.end('of the app'))
  })
  const socket = connectTo(server.port, keepAlive(pathFor('long')) + keepAlive('/page'))
  await once(socket, 'readable')
  const drained = stream.drain({ timeout: HOUR })
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => (received += text))
  await eventually(() => received.endsWith('of the app'), 'the page has arrived')
  expect(statusesIn(received)).toEqual([200, 200])
  expect(await drained).toMatchObject({ finished: 1 })
  socket.destroy()
})

describe('while nothing is written', () => {
  it('announces the end of the connection in the head', async () => {
    let open: (() => void) | undefined
    const opening = new Promise<void>(resolve => {
      open = resolve
    })
    const streams = new GrantedStreams(0)
    const source = scriptSource(5, () => [Buffer.from('short')], opening)
    await using app = await setStage(source, { streams })
    const asked = once(app.server, 'request')
    const answer = ask(app.port, '/track1', { agent: new Agent({ keepAlive: true }) })
    await asked
    const drained = streams.drain({ timeout: HOUR })
    open?.()
    const { status, headers } = await answer
    expect([status, headers.connection]).toEqual([200, 'close'])
    expect(await drained).toEqual({ ...NOTHING, finished: 1 })
  })

  it.each<[string, 'brings the track' | 'fails']>([
    ['and then brings the track', 'brings the track'],
    ['and then fails', 'fails'],
  ])('refuses a stream whose track is still being opened %s', async (_what, end) => {
    let settle: (() => void) | undefined
    const opening = new Promise<void>((resolve, reject) => {
      settle =
        end === 'fails'
          ? () => {
              reject(EIO)
            }
          : resolve
    })
    const streams = new GrantedStreams(1)
    await using app = await setStage(
      scriptSource(5, () => [Buffer.from('short')], opening),
      { streams },
    )
    const asked = once(app.server, 'request')
    const answer = ask(app.port, '/track1')
    await asked
    expect(await streams.drain({ timeout: 20 })).toEqual(NOTHING)
    const { status, headers } = await answer
    expect([status, headers['retry-after']]).toEqual([503, '2'])
    settle?.()
    await opening.catch(() => undefined)
    await eventually(() => app.source.openTracks === 0, 'the track is closed')
    expect(app.refusals.map(({ code }) => code)).toEqual(['DRAINING'])
    expect([app.completions, app.faults]).toEqual([[], []])
  })

  it('refuses a stream whose first bytes are still being read', async () => {
    let release: ((bytes: Uint8Array) => void) | undefined
    const firstRead = new Promise<Uint8Array>(resolve => {
      release = resolve
    })
    const streams = new GrantedStreams(0)
    const source = scriptSource(5, () => [firstRead])
    await using app = await setStage(source, { streams })
    const answer = ask(app.port, '/track1')
    await eventually(() => source.openTracks === 1, 'the track is open')
    expect(await streams.drain({ timeout: 20 })).toEqual(NOTHING)
    expect((await answer).status).toBe(503)
    release?.(Buffer.from('short'))
    expect(app.refusals.map(({ code }) => code)).toEqual(['DRAINING'])
    expect(app.completions).toEqual([])
  })
})

it('refuses a stream that waits for the shared state when the time is up, and takes nothing afterwards', async () => {
  const [refusals, completions] = [eventsOf('refusal'), eventsOf('completion')]
  let answer: ((result: 'begun') => void) | undefined
  const state = memoryState()
  jest.spyOn(state, 'begin').mockImplementation(
    () =>
      new Promise(resolve => {
        answer = resolve
      }),
  )
  const links = createLinks({ secret: SECRET, state })
  await using server = await serve({ secret: undefined, links })
  const response = ask(server.port, `/stream${links.signUrl('short', { expiresIn: 60, uses: 1 })}`)
  await eventually(() => answer, 'the state is asked')
  expect(await server.stream.drain({ timeout: 20 })).toEqual(NOTHING)
  expect((await response).status).toBe(503)
  answer?.('begun')
  await new Promise(setImmediate)
  expect(refusals.map(({ code }) => code)).toEqual(['DRAINING'])
  expect([completions, links.streams()]).toEqual([[], []])
  links.close()
})

describe('over HTTP/2', () => {
  interface Http2Served extends AsyncDisposable {
    readonly stream: StreamHandler
    readonly client: ClientHttp2Session
    readonly connect: () => ClientHttp2Session
  }

  async function serveHttp2(options: Partial<StreamHandlerOptions> = {}): Promise<Http2Served> {
    const stream = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, ...options })
    const server = http2.createServer(stream as unknown as Parameters<typeof http2.createServer>[1])
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const sessions = new Set<ServerHttp2Session>()
    server.on('session', session => sessions.add(session))
    const clients: ClientHttp2Session[] = []
    function connect(): ClientHttp2Session {
      const client = http2.connect(`http://127.0.0.1:${port}`)
      clients.push(client)
      return client
    }
    return {
      stream,
      client: connect(),
      connect,
      async [Symbol.asyncDispose]() {
        for (const client of clients) client.destroy()
        const closed = once(server, 'close')
        server.close()
        // A session that waits for its client to take bytes does not see it leave.
        for (const session of sessions) session.destroy()
        await closed
      },
    }
  }

  async function request(
    client: ClientHttp2Session,
    id: string,
  ): Promise<[ClientHttp2Stream, Record<string, unknown>]> {
    const stream = client.request({ ':path': pathFor(id) })
    stream.on('error', () => undefined)
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    return [stream, headers]
  }

  it('lets a stream finish, refuses later ones on its session, and closes the session', async () => {
    const warned: Error[] = []
    function onWarning(warning: Error): void {
      warned.push(warning)
    }
    process.on('warning', onWarning)
    await using server = await serveHttp2()
    const [playing] = await request(server.client, 'long')
    const drained = server.stream.drain({ timeout: HOUR })
    const [refused, headers] = await request(server.client, 'short')
    expect(headers).toMatchObject({ ':status': 503, 'retry-after': '2' })
    refused.resume()
    const closed = once(server.client, 'close')
    expect(await readOn(playing)).toBe(LONG.length)
    expect(await drained).toEqual({ ...NOTHING, finished: 1 })
    await closed
    process.off('warning', onWarning)
    expect(warned).toEqual([])
  })

  it('resets a stream that is left when the time is up', async () => {
    const completions = eventsOf('completion')
    await using server = await serveHttp2()
    const [playing] = await request(server.client, 'long')
    expect(await server.stream.drain({ timeout: 50 })).toMatchObject({ ended: 1 })
    await eventually(() => playing.closed, 'the stream is closed')
    expect(playing.rstCode).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR)
    expect(completions).toMatchObject([{ outcome: 'ended' }])
  })

  it('counts each stream of a session for maxStreamsPerClient', async () => {
    await using server = await serveHttp2({ maxStreamsPerClient: 2 })
    const other = server.connect()
    const [first] = await request(server.client, 'long')
    await request(other, 'long')
    expect((await request(server.client, 'short'))[1]).toMatchObject({ ':status': 429, 'retry-after': '10' })
    first.close(http2.constants.NGHTTP2_CANCEL)
    await eventually(
      async () => (await request(other, 'short'))[1][':status'] === 200,
      'another stream may begin',
    )
  })
})

it('counts streams in progress for maxStreamsPerClient while it drains, and forgets them', async () => {
  const streams = new GrantedStreams(1)
  const source = scriptSource(5, () => [Buffer.from('short')])
  await using app = await setStage(source, { streams })
  for (let time = 0; time < 3; time++) expect((await ask(app.port, '/track1')).status).toBe(200)
  expect(await streams.drain()).toEqual(NOTHING)
})

it('leaves no listener on a connection that is used again and again', async () => {
  await using server = await serve()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const connected = once(server.server, 'connection') as Promise<[Socket]>
  for (let time = 0; time < 20; time++) await ask(server.port, pathFor('short'), { agent })
  const [socket] = await connected
  expect(socket.listenerCount('close')).toBeLessThan(10)
  agent.destroy()
})
