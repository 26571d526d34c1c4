import { once } from 'node:events'
import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent, request } from 'node:http'
import { Writable } from 'node:stream'
import {
  createStreamHandler,
  createStreamRouter,
  rangeStream,
  type StreamLogger,
} from 'express-signed-stream'
import express from 'express'
import pino from 'pino'
import { ask } from '../support/client'
import { eventually } from '../support/eventually'
import { eventsOf } from '../support/events'
import { keepingLogger } from '../support/logger'
import { HOSTS, listen, type RunningServer } from '../support/server'
import { inSeconds, makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'

/** More than the kernel takes for a client that does not read. */
const LONG_SIZE = 8 * 1024 * 1024

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
afterAll(tracks.remove)

function serve(logger?: StreamLogger): Promise<RunningServer> {
  const [, mount] = HOSTS[0] ?? []
  const router = createStreamRouter({ dir: tracks.path, secret: SECRET, logger })
  return listen(mount?.(router) ?? router)
}

/** The name in events of a link that has none of its own: the first half of its signature's digits. */
function nameIn(path: string): string {
  return /sig=(.{32})/.exec(path)?.[1] ?? ''
}

describe('the logger', () => {
  it('has a line for a stream and one for its end', async () => {
    const logger = keepingLogger()
    await using server = await serve(logger)
    const path = pathFor('track1')
    const linkId = nameIn(path)
    await ask(server.port, path, { headers: { Range: 'bytes=0-99' } })
    expect(logger.lines).toEqual([
      {
        level: 'info',
        message: 'Streaming request',
        fields: {
          file_id: 'track1',
          range: 'bytes=0-99',
          content_range: 'bytes 0-99/300000',
          content_length: 100,
          link_id: linkId,
          client_ip: '127.0.0.1',
        },
      },
      {
        level: 'debug',
        message: 'Stream completed',
        fields: {
          file_id: 'track1',
          bytes_served: 100,
          duration_ms: expect.any(Number) as number,
          status: 206,
          outcome: 'complete',
          range: 'bytes=0-99',
          content_range: 'bytes 0-99/300000',
          content_length: 100,
          link_id: linkId,
          client_ip: '127.0.0.1',
        },
      },
    ])
    expect(Number.isInteger(logger.lines[1]?.fields['duration_ms'])).toBe(true)
  })

  it('has its level checked first if it can say which are on, and gets no lines of the others', async () => {
    const logger = keepingLogger()
    const quiet = { ...logger, isLevelEnabled: (level: string) => level !== 'info' && level !== 'debug' }
    await using server = await serve(quiet)
    await ask(server.port, pathFor('track1'))
    expect(logger.lines).toEqual([])
    await ask(server.port, '/stream/track1')
    expect(logger.lines).toEqual([expect.objectContaining({ level: 'warn' })])
  })

  it('costs no response if it cannot say which levels are on', async () => {
    const logger = keepingLogger()
    function isLevelEnabled(): never {
      throw new Error('of the app')
    }
    await using server = await serve({ ...logger, isLevelEnabled })
    expect((await ask(server.port, pathFor('track1'))).status).toBe(200)
    expect(logger.lines.map(({ level }) => level)).toEqual(['info', 'debug'])
  })

  it('has the line of the end in the context of the request, as tracing and request ids need', async () => {
    const requestIds = new AsyncLocalStorage<string>()
    const ends: (string | undefined)[] = []
    const logger = { ...keepingLogger(), debug: () => ends.push(requestIds.getStore()) }
    const router = createStreamRouter({ dir: tracks.path, secret: SECRET, logger })
    await using server = await listen((req, res) => {
      requestIds.run(String(req.headers['x-request-id']), () => {
        router(req, res)
      })
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const path = pathFor('track1').replace('/stream', '')
    for (const id of ['first', 'second', 'third']) {
      await ask(server.port, path, { agent, headers: { 'X-Request-Id': id } })
    }
    await eventually(() => ends.length === 3, 'all three ends are logged')
    expect(ends).toEqual(['first', 'second', 'third'])
    agent.destroy()
  })

  it('has a line for a refused signature, of which only the first digits are shown', async () => {
    const logger = keepingLogger()
    await using server = await serve(logger)
    const expires = inSeconds(-5)
    const path = pathFor('track1', expires)
    await ask(server.port, path)
    const sig = /sig=(.*)/.exec(path)?.[1] ?? ''
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'Invalid signature attempt',
        fields: {
          file_id: 'track1',
          signature: `${sig.slice(0, 8)}…`,
          expires: String(expires),
          code: 'SIGNATURE_EXPIRED',
          status: 403,
          link_id: nameIn(path),
          client_ip: '127.0.0.1',
        },
      },
    ])
  })

  it.each([
    ['a good one with something behind it', (sig: string) => `${sig}0`],
    ['a good one in capitals', (sig: string) => sig.toUpperCase()],
    ['a good one in the place of the expiry', (sig: string) => `0&expires=${sig}`],
    ['a good one given twice', (sig: string) => `${sig}&sig=${sig}`],
  ])('never shows a whole signature: %s', async (_what, spoil) => {
    const logger = keepingLogger()
    await using server = await serve(logger)
    const [start = '', sig = ''] = pathFor('track1').split('sig=')
    expect((await ask(server.port, `${start}sig=${spoil(sig)}`)).status).toBe(403)
    expect(logger.lines).toHaveLength(1)
    expect(JSON.stringify(logger.lines).toLowerCase()).not.toContain(sig.slice(0, 24))
  })

  it('has a line for other refusals, at debug level', async () => {
    const logger = keepingLogger()
    await using server = await serve(logger)
    const path = pathFor('missing')
    await ask(server.port, path)
    expect(logger.lines).toEqual([
      {
        level: 'debug',
        message: 'Request refused',
        fields: {
          file_id: 'missing',
          code: 'NOT_FOUND',
          status: 404,
          link_id: nameIn(path),
          client_ip: '127.0.0.1',
        },
      },
    ])
  })

  it('is given at most the first 128 characters of a range', async () => {
    const logger = keepingLogger()
    await using server = await serve(logger)
    await ask(server.port, pathFor('track1'), { headers: { Range: `bytes=${'0'.repeat(4000)}-9` } })
    expect(logger.lines[0]?.fields['range']).toHaveLength(128)
  })

  it('may be pino', async () => {
    let written = ''
    const sink = new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk)
        done()
      },
    })
    await using server = await serve(pino({ level: 'debug' }, sink))
    await ask(server.port, pathFor('track1'))
    const lines = written
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toMatchObject([
      { level: 30, msg: 'Streaming request', file_id: 'track1' },
      { level: 20, msg: 'Stream completed', file_id: 'track1', bytes_served: TRACK.length },
    ])
  })

  it('may be the console', async () => {
    const info = jest.spyOn(console, 'info').mockImplementation(() => undefined)
    const debug = jest.spyOn(console, 'debug').mockImplementation(() => undefined)
    await using server = await serve(console)
    await ask(server.port, pathFor('track1'))
    expect(info).toHaveBeenCalledWith(expect.objectContaining({ file_id: 'track1' }), 'Streaming request')
    expect(debug).toHaveBeenCalledWith(expect.objectContaining({ outcome: 'complete' }), 'Stream completed')
  })

  it('has the address that Express found behind a trusted proxy', async () => {
    const logger = keepingLogger()
    const app = express().set('trust proxy', true)
    app.use(createStreamRouter({ dir: tracks.path, secret: SECRET, logger }))
    await using server = await listen(app)
    const path = pathFor('track1').replace('/stream', '')
    await ask(server.port, path, { headers: { 'X-Forwarded-For': '203.0.113.7' } })
    expect(logger.lines[0]?.fields['client_ip']).toBe('203.0.113.7')
  })
})

describe('the diagnostics channels', () => {
  it('carry a request and its completion', async () => {
    const requests = eventsOf('request')
    const completions = eventsOf('completion')
    await using server = await serve()
    const path = pathFor('track1')
    await ask(server.port, path, { method: 'HEAD', headers: { Range: 'bytes=1-' } })
    const both = {
      id: 'track1',
      method: 'HEAD',
      keyIndex: 0,
      listener: undefined,
      linkId: nameIn(path),
      range: 'bytes=1-',
      clientIp: '127.0.0.1',
      requestId: undefined,
      status: 200,
      contentRange: undefined,
      contentLength: 300_000,
      firstByteMs: expect.any(Number) as number,
    }
    expect(requests).toEqual([both])
    expect(completions).toEqual([
      {
        ...both,
        outcome: 'complete',
        bytesSent: 0,
        durationMs: expect.any(Number) as number,
        cause: undefined,
      },
    ])
  })

  it('carry the range and the length of the response, which a 304 does not have', async () => {
    const requests = eventsOf('request')
    await using server = await serve()
    await ask(server.port, pathFor('track1'), { headers: { Range: 'bytes=10-11' } })
    const { headers } = await ask(server.port, pathFor('track1'), {
      headers: { Range: 'bytes=0-0,5000-5000' },
    })
    await ask(server.port, pathFor('track1'), { headers: { 'If-None-Match': '*' } })
    expect(requests).toMatchObject([
      { status: 206, contentRange: 'bytes 10-11/300000', contentLength: 2 },
      { status: 206, contentRange: undefined, contentLength: Number(headers['content-length']) },
      { status: 304, contentRange: undefined, contentLength: undefined },
    ])
  })

  it('carry which secret signed the link, so that it is seen when an old one can go', async () => {
    const requests = eventsOf('request')
    const secret = ['the secret that has signed since then', SECRET]
    await using server = await listen(createStreamHandler({ path: '/stream', dir: tracks.path, secret }))
    await ask(server.port, pathFor('track1'))
    await using open = await listen((req, res) => {
      rangeStream({ dir: tracks.path, unsigned: true })(req, res, () => undefined)
    })
    await ask(open.port, '/track1')
    expect(requests).toMatchObject([{ keyIndex: 1 }, { keyIndex: undefined }])
  })

  it('carry a refusal, once, with its code', async () => {
    const refusals = eventsOf('refusal')
    await using server = await serve()
    await ask(server.port, `/stream/track1?expires=12&sig=${'ab'.repeat(32)}`)
    expect(refusals).toEqual([
      {
        code: 'SIGNATURE_INVALID',
        status: 403,
        id: 'track1',
        method: 'GET',
        keyIndex: undefined,
        listener: undefined,
        linkId: undefined,
        range: undefined,
        clientIp: '127.0.0.1',
        requestId: undefined,
        signature: 'abababab',
        expires: '12',
        cause: undefined,
      },
    ])
  })

  it('carry the end of a client that leaves, which is no error', async () => {
    const completions = eventsOf('completion')
    tracks.write('long.mp3', Buffer.alloc(LONG_SIZE))
    await using server = await serve()
    const req = request({ host: '127.0.0.1', port: server.port, path: pathFor('long'), agent: false }).end()
    await once(req, 'response')
    req.destroy()
    const completion = await eventually(() => completions[0], 'the end of the stream is published')
    expect(completion).toMatchObject({ id: 'long', status: 200, outcome: 'client_abort' })
    expect(completion.bytesSent).toBeLessThan(LONG_SIZE)
  })

  it('carry how long the first byte took, which is part of the duration', async () => {
    const requests = eventsOf('request')
    const completions = eventsOf('completion')
    await using server = await serve()
    await ask(server.port, pathFor('track1'))
    const { firstByteMs = 0, durationMs = 0 } = completions[0] ?? {}
    expect(firstByteMs).toBeGreaterThan(0)
    expect(firstByteMs).toBe(requests[0]?.firstByteMs)
    expect(durationMs).toBeGreaterThan(firstByteMs)
  })

  it('carry the origin of the bytes of a body, and what memory holds', async () => {
    const reads = eventsOf('read')
    await using server = await serve()
    const used: (number | undefined)[] = []
    for (let time = 0; time < 3; time++) {
      await ask(server.port, pathFor('track1'))
      used.push(reads.at(-1)?.cache?.usedBytes)
    }
    const bytesOf = { memory: 0, disk: 0, store: 0 }
    for (const { origin, bytes } of reads) bytesOf[origin] += bytes
    // The second request fills the cache.
    expect(bytesOf).toEqual({ memory: TRACK.length, disk: 2 * TRACK.length, store: 0 })
    expect(used).toEqual([0, TRACK.length, TRACK.length])
    expect(new Set(reads.map(({ cache }) => cache)).size).toBe(1)
  })

  it('carry no reading if no body is sent', async () => {
    const reads = eventsOf('read')
    await using server = await serve()
    const { headers } = await ask(server.port, pathFor('track1'), { method: 'HEAD' })
    await ask(server.port, pathFor('track1'), { headers: { 'If-None-Match': headers.etag } })
    expect(reads).toEqual([])
  })
})
