import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { createStreamHandler } from 'express-signed-stream'
import type { EventStreamsOptions } from '../../demo/app/exchanges/event-streams'
import type { Exchange } from '../../demo/app/exchanges/exchange'
import { createExchanges, type Exchanges } from '../../demo/app/exchanges/exchanges'
import { requestContext } from '../../demo/front/request-context'
import { ask } from '../support/client'
import { eventually } from '../support/eventually'
import { listen } from '../support/server'
import { inSeconds, makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { readEvents, type EventReader } from './event-reader'

const PAGE = '1b4e28ba-2fa1-4d2e-8883-0016d3cca427'
const OTHER = '6ba7b810-9dad-41d1-80b4-00c04fd430c8'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
directory.write('large.mp3', Buffer.alloc(60_000_000, 'music'))

const ends: (() => unknown)[] = [directory.remove]
afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

interface Watched {
  readonly port: number
  readonly exchanges: Exchanges
  readonly connections: () => Promise<number>
}

async function start(options?: EventStreamsOptions): Promise<Watched> {
  const name = {}
  const exchanges = createExchanges(name, options)
  const stream = createStreamHandler({ path: '/stream', dir: directory.path, secret: SECRET })
  const watched = exchanges.watch((req, res) => {
    stream(req, res, () => {
      const page = String(req.url).replace('/api/exchanges/', '')
      const client = String(req.headers['x-client'])
      if (!exchanges.open(page, res, client)) res.writeHead(400).end()
    })
  })
  const running = await listen((req, res) => {
    requestContext.run({ server: name }, watched, req, res)
  })
  const { server, port } = running
  ends.push(() => running.close())
  return {
    port,
    exchanges,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => {
          if (error === null) resolve(count)
          else reject(error)
        })
      }),
  }
}

async function open(port: number, page: string, client = 'a client'): Promise<EventReader> {
  const reader = await readEvents(port, `/api/exchanges/${page}`, { 'X-Client': client })
  if (reader.status === 200) expect(await reader.next()).toEqual({ event: 'open', data: {} })
  return reader
}

/** The report at the end; only a track is also reported at its head. */
async function lastReport(reader: EventReader): Promise<Exchange> {
  const exchange = await nextExchange(reader)
  return exchange.state === 'end' ? exchange : nextExchange(reader)
}

async function nextExchange(reader: EventReader): Promise<Exchange> {
  const read = await reader.next()
  expect(read?.event).toBe('exchange')
  return read?.data as Exchange
}

describe('an exchange', () => {
  it('is reported when its connection closes before its turn, so that the page does not count it for ever', async () => {
    const { port, connections } = await start()
    const reader = await open(port, PAGE)
    // The first response never ends, so the second has no turn.
    const requests = [`/api/exchanges/${OTHER}`, `${pathFor('track1')}&page=${PAGE}&for=early`]
    const socket = connect(port, '127.0.0.1')
    socket.write(requests.map(path => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''))
    await once(socket, 'data')
    expect(await connections()).toBe(2)
    socket.destroy()
    await eventually(async () => (await connections()) === 1, 'the connection is closed')
    await ask(port, `${pathFor('track1')}&page=${PAGE}&for=next`)
    expect(await nextExchange(reader)).toMatchObject({
      state: 'end',
      purpose: 'early',
      status: 0,
      bytesSent: 0,
      outcome: 'client_abort',
    })
    expect(await lastReport(reader)).toMatchObject({ purpose: 'next', outcome: 'complete' })
    reader.leave()
  })

  it('is reported when its head is sent, and again with what was really sent', async () => {
    const { port } = await start()
    const reader = await open(port, PAGE)
    await ask(port, `${pathFor('track1')}&page=${PAGE}&for=player`, { headers: { Range: 'bytes=100-299' } })

    const head = await nextExchange(reader)
    expect(head).toMatchObject({
      state: 'head',
      purpose: 'player',
      method: 'GET',
      range: 'bytes=100-299',
      status: 206,
      contentRange: 'bytes 100-299/300000',
      contentLength: 200,
    })
    expect(head).not.toHaveProperty('outcome')
    const end = await nextExchange(reader)
    expect(end).toMatchObject({
      ...head,
      state: 'end',
      bytesSent: 200,
      outcome: 'complete',
      durationMs: expect.any(Number) as number,
    })
    reader.leave()
  })

  it.each<[string, string, Record<string, string>, Partial<Exchange>]>([
    [
      'a whole file',
      'GET',
      {},
      { status: 200, contentLength: 300_000, bytesSent: 300_000, outcome: 'complete' },
    ],
    [
      'HEAD',
      'HEAD',
      {},
      { method: 'HEAD', status: 200, contentLength: 300_000, bytesSent: 0, outcome: 'complete' },
    ],
    [
      'a copy that is current',
      'GET',
      { 'If-None-Match': '*' },
      { status: 304, bytesSent: 0, outcome: 'complete' },
    ],
    [
      'a range beyond the end',
      'GET',
      { Range: 'bytes=300000-' },
      { status: 416, code: 'RANGE_NOT_SATISFIABLE', contentRange: 'bytes */300000', outcome: 'refused' },
    ],
    [
      'a preflight',
      'OPTIONS',
      { Origin: 'http://a.example', 'Access-Control-Request-Method': 'GET' },
      { status: 204, bytesSent: 0, outcome: 'complete' },
    ],
  ])('of %s is reported with how it ended', async (_what, method, headers, expected) => {
    const { port } = await start()
    const reader = await open(port, PAGE)
    await ask(port, `${pathFor('track1')}&page=${PAGE}`, { method, headers })
    expect(await lastReport(reader)).toMatchObject({ state: 'end', ...expected })
    reader.leave()
  })

  it('of a refused link has its code, and the bytes of the refusal', async () => {
    const { port } = await start()
    const reader = await open(port, PAGE)
    await ask(port, `${pathFor('track1', inSeconds(-60))}&page=${PAGE}`)
    expect(await nextExchange(reader)).toMatchObject({
      state: 'end',
      status: 403,
      code: 'SIGNATURE_EXPIRED',
      contentLength: Buffer.byteLength('Signature expirée'),
      bytesSent: Buffer.byteLength('Signature expirée'),
      outcome: 'refused',
    })
    reader.leave()
  })

  it('that the client aborts has fewer bytes than its head announced', async () => {
    const { port } = await start()
    const reader = await open(port, PAGE)
    const req = get({ host: '127.0.0.1', port, path: `${pathFor('large')}&page=${PAGE}`, agent: false })
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    await once(res, 'data')
    req.destroy()
    const end = await lastReport(reader)
    expect(end).toMatchObject({ status: 200, contentLength: 60_000_000, outcome: 'client_abort' })
    expect(end.bytesSent).toBeGreaterThan(0)
    expect(end.bytesSent).toBeLessThan(60_000_000)
    reader.leave()
  })

  it('is reported to the page that its link names, and to no other', async () => {
    const { port } = await start()
    const mine = await open(port, PAGE)
    const theirs = await open(port, OTHER)
    await ask(port, `${pathFor('track1')}&page=${OTHER}`, { headers: { Range: 'bytes=0-0' } })
    await ask(port, pathFor('track1'), { headers: { Range: 'bytes=0-1' } })
    await ask(port, `${pathFor('track1')}&page=${PAGE}`, { headers: { Range: 'bytes=0-2' } })
    expect(await nextExchange(mine)).toMatchObject({ range: 'bytes=0-2' })
    expect(await nextExchange(theirs)).toMatchObject({ range: 'bytes=0-0' })
    mine.leave()
    theirs.leave()
  })

  it('is reported however many have ended before', async () => {
    const { port } = await start()
    const reader = await open(port, PAGE)
    for (let count = 0; count < 40; count += 1) {
      await ask(port, `${pathFor('track1')}&page=${PAGE}`, { headers: { Range: `bytes=${count}-${count}` } })
      expect(await lastReport(reader)).toMatchObject({ state: 'end', range: `bytes=${count}-${count}` })
    }
    reader.leave()
  })

  it('shows no purpose that is more than a word', async () => {
    const { port } = await start()
    const reader = await open(port, PAGE)
    await ask(port, `${pathFor('track1')}&page=${PAGE}&for=<b>`, { headers: { Range: 'bytes=0-0' } })
    expect(await nextExchange(reader)).not.toHaveProperty('purpose')
    reader.leave()
  })
})

describe('a stream of events', () => {
  it('is not stored, and not buffered by proxies', async () => {
    const { port } = await start()
    const reader = await open(port, PAGE)
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    reader.leave()
  })

  it('sends comments so that it stays open', async () => {
    const { port } = await start({ heartbeat: 10 })
    const reader = await open(port, PAGE)
    expect(await reader.next()).toEqual({ event: 'comment', data: undefined })
    reader.leave()
  })

  it.each(['', 'me', PAGE.toUpperCase(), `${PAGE}0`, PAGE.replace('-4', '-1')])(
    'is opened for random UUIDs only, not for %j',
    async page => {
      const { port } = await start()
      expect((await ask(port, `/api/exchanges/${page}`)).status).toBe(400)
    },
  )

  it('is refused beyond maxStreams, until one has closed', async () => {
    const { port } = await start({ maxStreams: 1 })
    const first = await open(port, PAGE)
    const refused = await ask(port, `/api/exchanges/${OTHER}`)
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '30'])

    first.leave()
    const second = await eventually(async () => {
      const reader = await open(port, OTHER)
      return reader.status === 200 && reader
    }, 'the server notices the end of the first stream')
    second.leave()
  })

  it('is refused beyond maxStreamsPerClient, but not to other clients', async () => {
    const { port } = await start({ maxStreamsPerClient: 2 })
    const pages = [PAGE, OTHER, PAGE.replace(/^1b/, '2b')]
    const readers: EventReader[] = []
    for (const page of pages.slice(0, 2)) readers.push(await open(port, page, 'first'))
    const path = `/api/exchanges/${pages[2] ?? ''}`
    const refused = await ask(port, path, { headers: { 'X-Client': 'first' } })
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '30'])
    readers.push(await open(port, pages[2] ?? '', 'second'))
    // It replaces the first one of its page, and so adds none.
    readers.push(await open(port, PAGE, 'first'))
    expect(readers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    for (const reader of readers) reader.leave()
  })

  it('does not count before its turn on a connection', async () => {
    const { port } = await start({ maxStreams: 2 })
    const lines = ['Host: localhost', 'X-Client: first', '', '']
    const asked = [PAGE, PAGE.replace(/^1b/, '2b'), PAGE.replace(/^1b/, '3b')].map(page =>
      [`GET /api/exchanges/${page} HTTP/1.1`, ...lines].join('\r\n'),
    )
    const socket = connect(port, '127.0.0.1')
    socket.write(asked.join(''))
    await once(socket, 'data')
    const other = await open(port, OTHER)
    expect(other.status).toBe(200)
    socket.destroy()
    other.leave()
  })

  it('replaces an earlier one of the same page', async () => {
    const { port } = await start({ maxStreams: 1 })
    const first = await open(port, PAGE)
    const second = await open(port, PAGE)
    expect(await first.next()).toBeUndefined()
    await ask(port, `${pathFor('track1')}&page=${PAGE}`, { headers: { Range: 'bytes=0-0' } })
    expect(await nextExchange(second)).toMatchObject({ range: 'bytes=0-0' })
    second.leave()
  })

  it('ends with its connection when the server drains, and no other begins', async () => {
    const { port, exchanges, connections } = await start()
    const reader = await open(port, PAGE)
    expect(await connections()).toBe(1)
    exchanges.close()
    expect(await reader.next()).toBeUndefined()
    expect(reader.headers.connection).toBe('close')
    expect((await ask(port, `/api/exchanges/${OTHER}`)).status).toBe(503)
  })
})
