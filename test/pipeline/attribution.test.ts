/** Whose request an event and a log line name, so that bytes can be billed and a leaked link can be found. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import {
  createStreamHandler,
  rangeStream,
  requireSignedUrl,
  type StreamEvents,
  type StreamRouterOptions,
} from 'express-signed-stream'
import express from 'express'
import { createObserver } from '../../src/pipeline/observer'
import type { StreamRequest } from '../../src/pipeline/stream-request'
import { ask, connectTo, rawGet } from '../support/client'
import { eventsOf } from '../support/events'
import { eventually } from '../support/eventually'
import { keepingLogger } from '../support/logger'
import { listen, type RunningServer } from '../support/server'
import { inSeconds, makeTrackDirectory, pathFor, pathWithTerms, SECRET, TRACK } from '../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
tracks.write('long.mp3', Buffer.alloc(8 * 1024 * 1024))
afterAll(tracks.remove)

const TERMS = 'jti.Zk3x9QwT.sub.u42'
const OF_THE_LINK = { listener: 'u42', linkId: 'Zk3x9QwT', keyIndex: 0 }
const IN_THE_LOG = { listener: 'u42', link_id: 'Zk3x9QwT', client_ip: '127.0.0.1', request_id: 'r-1' }

/** Serves with `req.id` as an app sets it. */
function serve(options: Partial<StreamRouterOptions> = {}, id: unknown = 'r-1'): Promise<RunningServer> {
  const handler = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, ...options })
  return listen((req, res) => {
    handler(Object.assign(req, { id }), res)
  })
}

it('events and log lines of a stream name its listener, link, range, client and request', async () => {
  const [requests, completions] = [eventsOf('request'), eventsOf('completion')]
  const logger = keepingLogger()
  await using server = await serve({ logger })
  await ask(server.port, pathWithTerms('track1', TERMS), { headers: { Range: 'bytes=10-19' } })
  const served = {
    ...OF_THE_LINK,
    clientIp: '127.0.0.1',
    requestId: 'r-1',
    range: 'bytes=10-19',
    contentRange: 'bytes 10-19/300000',
    contentLength: 10,
  }
  expect(requests).toMatchObject([served])
  expect(completions).toMatchObject([{ ...served, bytesSent: 10 }])
  const line = {
    ...IN_THE_LOG,
    range: 'bytes=10-19',
    content_range: 'bytes 10-19/300000',
    content_length: 10,
  }
  expect(logger.lines.map(({ fields }) => fields)).toMatchObject([line, line])
})

it('the end of a stream names the client also when its connection is gone', async () => {
  const completions = eventsOf('completion')
  await using server = await serve()
  const socket = connectTo(server.port, rawGet(pathWithTerms('long', TERMS)))
  await once(socket, 'readable')
  socket.destroy()
  expect(await eventually(() => completions[0], 'the end is published')).toMatchObject({
    ...OF_THE_LINK,
    outcome: 'client_abort',
    clientIp: '127.0.0.1',
  })
})

it.each([
  ['an expired link', pathWithTerms('track1', TERMS, inSeconds(-5)), 'SIGNATURE_EXPIRED'],
  ['a link of another network', pathWithTerms('track1', `ip4.0a0000.${TERMS}`), 'NETWORK_NOT_ALLOWED'],
  ['a link with a term of a later version', pathWithTerms('track1', `aaa.1.${TERMS}`), 'TERM_UNKNOWN'],
  ['a missing track', pathWithTerms('missing', TERMS), 'NOT_FOUND'],
  ['a range outside the track', pathWithTerms('track1', TERMS), 'RANGE_NOT_SATISFIABLE'],
])('the refusal of %s names its listener and link', async (_what, path, code) => {
  const refusals = eventsOf('refusal')
  const logger = keepingLogger()
  await using server = await serve({ logger })
  await ask(server.port, path, { headers: { Range: 'bytes=900000-' } })
  expect(refusals).toMatchObject([{ code, ...OF_THE_LINK, range: 'bytes=900000-', requestId: 'r-1' }])
  expect(logger.lines).toMatchObject([{ fields: { code, ...IN_THE_LOG } }])
})

it('the refusal of a stream too many names its listener and link', async () => {
  const refusals = eventsOf('refusal')
  await using server = await serve({ maxStreamsPerClient: 1 })
  const socket = connectTo(server.port, rawGet(pathFor('long')))
  await once(socket, 'readable')
  await ask(server.port, pathWithTerms('track1', TERMS))
  expect(refusals).toMatchObject([{ code: 'TOO_MANY_STREAMS', ...OF_THE_LINK }])
  socket.destroy()
})

it('a forged link names nobody, whatever it says', async () => {
  const refusals = eventsOf('refusal')
  await using server = await serve()
  const forged = pathWithTerms('track1', TERMS).replace(/sig=.*/, `sig=${'ab'.repeat(32)}`)
  await ask(server.port, forged)
  expect(refusals).toMatchObject([
    { code: 'SIGNATURE_INVALID', listener: undefined, linkId: undefined, keyIndex: undefined },
  ])
})

it('a refused signature of a plain link shows its first 32 digits as the name, and never all of it', async () => {
  const logger = keepingLogger()
  await using server = await serve({ logger })
  const path = pathFor('track1', inSeconds(-5))
  const sig = /sig=(.*)/.exec(path)?.[1] ?? ''
  await ask(server.port, path)
  expect(logger.lines).toMatchObject([{ fields: { link_id: sig.slice(0, 32) } }])
  expect(JSON.stringify(logger.lines)).not.toContain(sig.slice(0, 33))
})

it('composed middlewares name them too, from the grant alone', async () => {
  const completions = eventsOf('completion')
  const app = express()
  app.get('/stream/:id', requireSignedUrl({ secret: SECRET }), rangeStream({ dir: tracks.path }))
  await using server = await listen(app)
  const plain = pathFor('track1')
  await ask(server.port, pathWithTerms('track1', TERMS))
  await ask(server.port, plain)
  expect(completions).toMatchObject([OF_THE_LINK, { linkId: /sig=(.{32})/.exec(plain)?.[1] }])
})

it.each<[string, unknown, string | undefined]>([
  ['a number, as pino-http counts', 7, '7'],
  ['a text with what controls a terminal', 'a\u009b31m\r\nb', 'a\\u{9b}31m\\u{d}\\u{a}b'],
  ['a text that is too long', 'x'.repeat(100), 'x'.repeat(64)],
  ['an object', { toString: () => 'x' }, undefined],
  ['nothing', null, undefined],
])('a request id that is %s', async (_what, id, shown) => {
  const requests = eventsOf('request')
  const logger = keepingLogger()
  await using server = await serve({ logger }, id)
  await ask(server.port, pathFor('track1'))
  expect(requests[0]?.requestId).toBe(shown)
  expect(logger.lines[0]?.fields['request_id']).toBe(shown)
  // A logger that adds a request id of its own keeps it.
  if (shown === undefined) expect(logger.lines[0]?.fields).not.toHaveProperty('request_id')
})

describe('onCompletion', () => {
  type Call = readonly [StreamEvents['completion'], string | undefined]

  it('is called once for each response that served a track, with the request of the app', async () => {
    const calls: Call[] = []
    const app = express()
    app.use((req, _res, next) => {
      Object.assign(req, { user: `user of ${req.method}` })
      next()
    })
    function onCompletion(event: StreamEvents['completion'], req: express.Request & { user?: string }): void {
      calls.push([event, req.user])
    }
    app.use(createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, onCompletion }))
    await using server = await listen(app)
    const path = pathWithTerms('track1', TERMS)
    const { headers } = await ask(server.port, path, { headers: { Range: 'bytes=0-9' } })
    await ask(server.port, path, { method: 'HEAD' })
    await ask(server.port, path, { headers: { 'If-None-Match': headers.etag } })
    await ask(server.port, pathFor('missing'))
    await ask(server.port, path, { headers: { Range: 'bytes=900000-' } })
    expect(
      calls.map(([{ status, bytesSent, listener }, user]) => [status, bytesSent, listener, user]),
    ).toEqual([
      [206, 10, 'u42', 'user of GET'],
      [200, 0, 'u42', 'user of HEAD'],
      [304, 0, 'u42', 'user of GET'],
    ])
  })

  it('gets the very event of the channel', async () => {
    const completions = eventsOf('completion')
    const events: unknown[] = []
    await using server = await serve({ onCompletion: event => events.push(event) })
    await ask(server.port, pathFor('track1'))
    expect(events).toEqual(completions)
    expect(events).toHaveLength(1)
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
  ])('costs no response if it %s, and is logged', async (_how, onCompletion) => {
    const logger = keepingLogger()
    await using server = await serve({ logger, onCompletion })
    expect((await ask(server.port, pathFor('track1'))).body.equals(TRACK)).toBe(true)
    expect((await ask(server.port, pathFor('track1'))).body.equals(TRACK)).toBe(true)
    const errors = await eventually(() => {
      const lines = logger.lines.filter(({ level }) => level === 'error')
      return lines.length === 2 && lines
    }, 'both faults are logged')
    expect(errors).toMatchObject(
      Array(2).fill({ message: 'onCompletion failed', fields: { err: { message: 'no database' } } }),
    )
  })

  it('is a warning of the process, once, if it fails without a logger', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    await using server = await serve({ onCompletion: () => Promise.reject(new Error('no database')) })
    await ask(server.port, pathFor('track1'))
    await ask(server.port, pathFor('track1'))
    await eventually(() => warn.mock.calls.length > 0, 'there is a warning')
    expect(warn.mock.calls).toEqual([
      ['onCompletion failed: Error: no database', { code: 'EXPRESS_SIGNED_STREAM_ON_COMPLETION' }],
    ])
    warn.mockRestore()
  })

  it('is an option of rangeStream too, and must be a function', async () => {
    const events: StreamEvents['completion'][] = []
    const stream = rangeStream({
      dir: tracks.path,
      unsigned: true,
      onCompletion: event => events.push(event),
    })
    await using server = await listen((req, res) => {
      stream(req, res, () => undefined)
    })
    await ask(server.port, '/track1')
    expect(events).toMatchObject([{ id: 'track1', bytesSent: TRACK.length, linkId: undefined }])
    expect(() => rangeStream({ dir: tracks.path, onCompletion: 'bill' as never })).toThrow(
      'Cannot make rangeStream: onCompletion must be a function (event, req) => …, got "bill"',
    )
  })
})

describe('an observer', () => {
  const req = { id: 'r-1', ip: '203.0.113.7', headers: {} } as unknown as StreamRequest
  const use = {
    id: 'track1',
    grant: { id: 'track1', expires: 1, keyIndex: 0, listener: 'u42' },
    linkName: 'Zk3x9QwT',
  }
  const who = { listener: 'u42', linkId: 'Zk3x9QwT', clientIp: '203.0.113.7', requestId: 'r-1' }
  const fields = { file_id: 'track1', ...IN_THE_LOG, client_ip: '203.0.113.7' }

  it('reports what an enforcement on trial would have refused', () => {
    const reports = eventsOf('report')
    const logger = keepingLogger()
    createObserver(logger).report(req, use, 'NETWORK_NOT_ALLOWED')
    expect(reports).toEqual([{ code: 'NETWORK_NOT_ALLOWED', id: 'track1', ...who }])
    expect(logger.lines).toEqual([
      { level: 'warn', message: 'Would be refused', fields: { ...fields, code: 'NETWORK_NOT_ALLOWED' } },
    ])
  })

  it('reports a link that was begun from several networks', () => {
    const shared = eventsOf('shared')
    const logger = keepingLogger()
    createObserver(logger).shared(req, use, 3)
    expect(shared).toEqual([{ id: 'track1', networks: 3, ...who }])
    expect(logger.lines).toEqual([
      { level: 'info', message: 'Link used from several networks', fields: { ...fields, networks: 3 } },
    ])
  })
})
