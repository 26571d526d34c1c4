/** What nginx adds of its own: TLS, HTTP/2, logs, what it says where the app is away, and what it lets the app know. */
import { once } from 'node:events'
import { readFileSync, truncateSync } from 'node:fs'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, request, type IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import {
  createStreamHandler,
  STREAM_CHANNELS,
  type StreamCompletionEvent,
  type StreamRequestEvent,
} from 'express-signed-stream'
import { ask } from '../support/client'
import { listen, type RunningServer } from '../support/server'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { checkConfiguration, startNginx, type Nginx } from './nginx'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
/** Far more than all buffers on the way hold. */
const LONG = Buffer.alloc(64 * 1024 * 1024, 'long track ')
tracks.write('long.mp3', LONG)
/** More than the kernel ever holds for two connections; it takes no room on the disk. */
truncateSync(tracks.write('endless.mp3', ''), 1024 ** 3)
const handler = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET })

let app: RunningServer
let nginx: Nginx
beforeAll(async () => {
  app = await listen(handler)
  nginx = await startNginx(app.port)
})
afterAll(async () => {
  await nginx[Symbol.asyncDispose]()
  await app.close()
  tracks.remove()
})

/** The next event of a channel. */
async function nextEvent(name: string): Promise<unknown> {
  return new Promise(resolve => {
    subscribe(name, function listener(event) {
      unsubscribe(name, listener)
      resolve(event)
    })
  })
}

it('has nothing wrong with it, says nginx -t', async () => {
  await expect(checkConfiguration()).resolves.toBeUndefined()
})

describe('TLS', () => {
  it('gives a range by HTTP/2', async () => {
    const session = connectHttp2(`https://127.0.0.1:${nginx.tlsPort}`, { rejectUnauthorized: false })
    const stream = session.request({ ':path': pathFor('track1'), range: 'bytes=1000-1999' })
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    expect(headers).toMatchObject({
      ':status': 206,
      'content-range': 'bytes 1000-1999/300000',
      'strict-transport-security': 'max-age=63072000',
    })
    expect((await buffer(stream)).equals(TRACK.subarray(1000, 2000))).toBe(true)
    session.close()
  })

  it.each([
    ['TLSv1.3', true],
    ['TLSv1.2', true],
    // Debian's own settings allow it.
    ['TLSv1.1', false],
  ] as const)('by %s: %s', async (version, expected) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: nginx.tlsPort,
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      // OpenSSL offers nothing before 1.2 otherwise.
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    const succeeded = await new Promise(resolve => {
      socket.once('secureConnect', () => {
        resolve(true)
      })
      socket.once('error', () => {
        resolve(false)
      })
    })
    socket.destroy()
    expect(succeeded).toBe(expected)
  })

  it('is where plain HTTP is sent, by an answer that is not stored', async () => {
    const answer = await ask(nginx.redirectPort, '/stream/a%2Db?expires=1&sig=2')
    expect(answer.status).toBe(308)
    expect(answer.headers).toMatchObject({
      location: 'https://audio.example.com/stream/a%2Db?expires=1&sig=2',
      'cache-control': 'no-store',
    })
  })
})

describe('the app', () => {
  it('gets the address of the client, whatever the client claims', async () => {
    const seen: Record<string, unknown>[] = []
    await using echo = await listen((req, res) => {
      seen.push(req.headers)
      res.end()
    })
    await using other = await startNginx(echo.port)
    await ask(other.port, '/stream/x', {
      headers: {
        'X-Forwarded-For': '203.0.113.9',
        Forwarded: 'for=203.0.113.9',
        'X-Forwarded-Host': 'evil.example',
      },
    })
    expect(seen[0]).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    })
    expect(seen[0]).not.toHaveProperty('forwarded')
    expect(seen[0]).not.toHaveProperty('x-forwarded-host')
  })

  it('has a metrics page that is not for the public', async () => {
    await using metrics = await listen((_req, res) => res.end('secret of the house'))
    await using other = await startNginx(metrics.port)
    expect((await ask(other.port, '/metrics')).status).toBe(404)
    expect((await ask(other.port, '/other')).status).toBe(200)
  })

  it('that is away is a 503 that players try again after, and nobody stores', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const { port } = gone.address() as { port: number }
    await once(gone.close(), 'close')
    await using alone = await startNginx(port)
    const answer = await ask(alone.port, pathFor('track1'))
    expect([answer.status, answer.body.toString()]).toEqual([503, 'Service indisponible'])
    expect(answer.headers).toMatchObject({
      'retry-after': '2',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    })
    expect((await alone.stop()).error).toBe('')
  })

  it('that drains has its new listeners served by another instance', async () => {
    await using first = await listen((_req, res) => {
      res.writeHead(503, { 'Retry-After': '2', Connection: 'close' }).end()
    })
    await using pair = await startNginx(first.port, app.port)
    for (let round = 0; round < 4; round++) {
      expect((await ask(pair.port, pathFor('track1'))).status).toBe(200)
    }
  })

  it('that drains alone says so itself', async () => {
    await using only = await listen((_req, res) => {
      res.writeHead(503, { 'Retry-After': '7' }).end('draining')
    })
    await using single = await startNginx(only.port)
    const answer = await ask(single.port, pathFor('track1'))
    expect([answer.status, answer.headers['retry-after'], answer.body.toString()]).toEqual([
      503,
      '7',
      'draining',
    ])
  })
})

describe('what the app counts as sent', () => {
  it.each([
    ['the whole track', undefined],
    ['a range', 'bytes=1000-40000000'],
    ['several ranges', 'bytes=0-9,1000000-30000000'],
    ['nothing, for HEAD', undefined, 'HEAD'],
  ])('is what the client received: %s', async (_what, range, method = 'GET') => {
    const ended = nextEvent(STREAM_CHANNELS.completion)
    const headers = range === undefined ? {} : { Range: range }
    const { body } = await ask(nginx.port, pathFor('long'), { method, headers })
    const { bytesSent, outcome } = (await ended) as StreamCompletionEvent
    expect([bytesSent, outcome]).toEqual([body.length, 'complete'])
  })

  it('is, for a client that leaves, more than it took by what nginx and the sockets hold at most', async () => {
    const ended = nextEvent(STREAM_CHANNELS.completion)
    const req = request({ host: '127.0.0.1', port: nginx.port, path: pathFor('endless'), agent: false }).end()
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    let received = 0
    for await (const chunk of res) {
      received += (chunk as Buffer).length
      if (received >= 4 * 1024 * 1024) break
    }
    req.destroy()
    const { bytesSent, outcome } = (await ended) as StreamCompletionEvent
    expect(outcome).toBe('client_abort')
    expect(bytesSent).toBeGreaterThanOrEqual(received)
    // Two connections, each with a buffer to send and one to receive, and the 64 KiB that nginx holds.
    expect(bytesSent - received).toBeLessThanOrEqual(
      2 * (socketBuffer('wmem') + socketBuffer('rmem')) + 64 * 1024,
    )
  })
})

it('lets the app feel a client that accepts nothing, and buffers nothing for it', async () => {
  const options = { path: '/stream', dir: tracks.path, secret: SECRET, stallTimeout: 500 }
  await using impatient = await listen(createStreamHandler(options))
  await using between = await startNginx(impatient.port)
  const ended = nextEvent(STREAM_CHANNELS.completion)
  const req = request({ host: '127.0.0.1', port: between.port, path: pathFor('endless'), agent: false }).end()
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  expect(await ended).toMatchObject({ outcome: 'stalled' })
  res.destroy()
})

/** The most that the kernel lets a socket hold, in bytes. */
function socketBuffer(kind: 'rmem' | 'wmem'): number {
  return Number(readFileSync(`/proc/sys/net/ipv4/tcp_${kind}`, 'utf8').trim().split(/\s+/)[2])
}

describe('the logs', () => {
  it('show what was requested and sent, and hold no signature, also if things go wrong', async () => {
    await using logged = await startNginx(app.port)
    const good = pathFor('track1')
    const signature = /sig=([0-9a-f]{64})/.exec(good)?.[1] ?? ''
    const told = nextEvent(STREAM_CHANNELS.request)
    await ask(logged.port, good, { headers: { Range: 'bytes=0-999', Referer: `https://x.example${good}` } })
    expect((await told) as StreamRequestEvent).toMatchObject({ id: 'track1', range: 'bytes=0-999' })
    await ask(logged.port, good.replace('sig=', '%73ig='))
    await ask(logged.port, good.replace('track1', 'another'))
    await ask(logged.port, good.replace('/stream/', '/stream/%zz'))
    await ask(logged.port, good, { method: 'TRACE' })
    const { access, error } = await logged.stop()
    expect(access + error).not.toContain(signature.slice(0, 16))
    const lines = access
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toHaveLength(5)
    expect(lines[0]).toMatchObject({
      method: 'GET',
      path: '/stream/track1',
      range: 'bytes=0-999',
      status: 206,
      bytes: 1000,
      completion: 'OK',
      upstream_status: '206',
      client_ip: '127.0.0.1',
    })
  })
})
