/** What a storage or a client can do to a response, seen from the other end of a real socket. */
import { Buffer } from 'node:buffer'
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { createStreamHandler, createStreamRouter, STREAM_CHANNELS } from 'express-signed-stream'
import type { StreamOutcome } from '../../src/events'
import { SourceError } from '../../src/source/source'
import { ask, askAndLeave, connectTo, rawGet } from '../support/client'
import { EIO, endless, scriptSource } from '../support/scripted-source'
import { listen, type RunningServer } from '../support/server'
import { setStage } from '../support/stage'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', 'track one')
afterAll(tracks.remove)

/** Asks for the track, and for no more on this connection. */
const GET = rawGet('/track1')

describe('a storage that fails', () => {
  it('before the first byte: 503 with Retry-After, and the connection serves on', async () => {
    await using server = await setStage(
      scriptSource(1000, () => [new SourceError('read_error', { cause: EIO })]),
    )
    const answer = await ask(server.port, '/track1')
    expect(answer.status).toBe(503)
    expect(answer.headers).toMatchObject({ 'retry-after': '2', 'cache-control': 'no-store' })
    expect(answer.body.toString()).toBe('Service indisponible')
    expect(server.refusals).toMatchObject([{ code: 'SOURCE_UNAVAILABLE', cause: EIO }])
    // Told of a request, one would wait for its end.
    expect(server.requests).toEqual([])
    expect(server.source.openTracks).toBe(0)
  })

  it.each(['read_error', 'truncated', 'changed'] as const)(
    'in the middle (%s): the connection ends short of the promised length',
    async kind => {
      await using server = await setStage(
        scriptSource(3000, () => [Buffer.alloc(1000), new SourceError(kind, { cause: EIO })]),
      )
      await expect(ask(server.port, '/track1')).rejects.toMatchObject({ code: 'ECONNRESET' })
      expect(await server.completion).toMatchObject({ outcome: kind, status: 200, cause: EIO })
      expect(server.source.openTracks).toBe(0)
    },
  )

  it('in a way that no source should: counts as a read error', async () => {
    await using server = await setStage(
      scriptSource(3000, () => [Buffer.alloc(1000), new TypeError('a mistake')]),
    )
    await expect(ask(server.port, '/track1')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await server.completion).toMatchObject({ outcome: 'read_error' })
  })
})

describe('a client', () => {
  it('that leaves in the body frees the track, and is no error', async () => {
    await using server = await setStage(scriptSource(1e9, () => endless(65_536)))
    const socket = connectTo(server.port, GET)
    await once(socket, 'data')
    socket.destroy()
    expect(await server.completion).toMatchObject({ outcome: 'client_abort', cause: undefined })
    expect(server.source.openTracks).toBe(0)
  })

  it('that leaves while it is paused frees the track', async () => {
    await using server = await setStage(scriptSource(1e9, () => endless(65_536)))
    const socket = connectTo(server.port, GET)
    const [received] = (await once(socket, 'data')) as [Buffer]
    socket.pause()
    await new Promise(setImmediate)
    socket.destroy()
    const event = await server.completion
    expect(event).toMatchObject({ outcome: 'client_abort' })
    const body = received.length - received.indexOf('\r\n\r\n') - 4
    expect(event.bytesSent).toBeGreaterThanOrEqual(body)
    expect(server.source.openTracks).toBe(0)
  })

  it('that leaves before the head frees the track', async () => {
    let release: ((bytes: Uint8Array) => void) | undefined
    const firstRead = new Promise<Uint8Array>(resolve => {
      release = resolve
    })
    await using server = await setStage(scriptSource(1000, () => [firstRead]))
    await askAndLeave(server.server, server.port, GET)
    release?.(Buffer.alloc(1000))
    const event = await server.completion
    expect(event).toMatchObject({ outcome: 'client_abort', bytesSent: 0, firstByteMs: undefined })
    expect(server.requests).toEqual(['track1'])
    expect(server.source.openTracks).toBe(0)
  })

  it('that leaves while its track is being opened frees the track', async () => {
    let open: (() => void) | undefined
    const opening = new Promise<void>(resolve => {
      open = resolve
    })
    let hasRead = false
    const source = scriptSource(
      1000,
      () => {
        hasRead = true
        return [Buffer.alloc(1000)]
      },
      opening,
    )
    await using server = await setStage(source)
    await askAndLeave(server.server, server.port, GET)
    open?.()
    await new Promise(setImmediate)
    expect(server.source.openTracks).toBe(0)
    expect(hasRead).toBe(false)
  })

  describe('that does not take the last chunk, which waits at the server,', () => {
    // More than the kernel keeps for both ends of a connection.
    const SIZE = 64e6

    it.each<[string, StreamOutcome, number, (socket: Socket) => void]>([
      ['and closes', 'client_abort', 0, socket => socket.destroy()],
      ['and resets', 'client_abort', 0, socket => socket.resetAndDestroy()],
      ['and stands still', 'stalled', 200, () => undefined],
    ])('%s: not everything was sent', async (_what, outcome, stallTimeout, act) => {
      await using server = await setStage(
        scriptSource(SIZE, () => [Buffer.alloc(SIZE)]),
        { stallTimeout },
      )
      const socket = connectTo(server.port, GET)
      await once(socket, 'data')
      socket.pause()
      act(socket)
      const end = await server.completion
      expect(end.outcome).toBe(outcome)
      expect(end.bytesSent).toBeLessThan(SIZE)
      socket.destroy()
    })
  })

  it('that has reset the connection before the answer is written was sent nothing', async () => {
    await using server = await setStage(scriptSource(1000, () => [Buffer.alloc(1000)]))
    let isReset = false
    server.server.prependListener('request', (req: IncomingMessage) => {
      // The kernel knows of it, Node not yet.
      const { _handle: handle } = req.socket as unknown as { _handle: { readStop(): void } }
      handle.readStop()
      client.resetAndDestroy()
      isReset = true
    })
    const client = connectTo(server.port, GET)
    expect(await server.completion).toMatchObject({ outcome: 'client_abort', bytesSent: 0 })
    expect(isReset).toBe(true)
  })

  it('that takes nothing is disconnected after stallTimeout', async () => {
    await using server = await setStage(
      scriptSource(1e9, () => endless(65_536)),
      { stallTimeout: 200 },
    )
    const socket = connectTo(server.port, GET)
    await once(socket, 'connect')
    socket.pause()
    const event = await server.completion
    expect(event).toMatchObject({ outcome: 'stalled' })
    expect(event.bytesSent).toBeLessThan(1e9)
    expect(server.source.openTracks).toBe(0)
    socket.destroy()
  })

  it('that has pipelined requests gets their answers in order, and holds one track at a time', async () => {
    let mostOpen = 0
    const source = scriptSource(10, function* () {
      mostOpen = Math.max(mostOpen, source.openTracks)
      yield Buffer.from('0123456789')
    })
    await using server = await setStage(source)
    const request = 'GET /track1 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9\r\n\r\n'
    const socket = connectTo(server.port, request.repeat(20) + rawGet('/track1'))
    let received = ''
    for await (const chunk of socket) received += String(chunk)
    expect(received.match(/HTTP\/1\.1 206/g)).toHaveLength(20)
    expect(received.match(/0123456789/g)).toHaveLength(21)
    expect(mostOpen).toBe(1)
  })

  it('that expects 100 Continue in a pipeline gets it before the answer', async () => {
    await using server = await listen(createStreamRouter({ dir: tracks.path, secret: SECRET }))
    const path = pathFor('track1').replace('/stream', '')
    // Once in memory, the answer is written the moment its turn comes.
    for (let time = 0; time < 2; time++) await ask(server.port, path)
    const first = 'GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n'
    const socket = connectTo(server.port, first + rawGet(path, 'Expect: 100-continue', 'Range: bytes=0-4'))
    let received = ''
    for await (const chunk of socket) received += String(chunk)
    const [, ...answers] = received.split('HTTP/1.1 ')
    expect(answers.map(answer => answer.slice(0, 3))).toEqual(['403', '100', '206'])
    expect(received).toMatch(/\r\n\r\ntrack$/)
  })

  it('that leaves with pipelined requests unanswered leaves nothing behind', async () => {
    await using server = await setStage(scriptSource(1e9, () => endless(65_536)))
    const socket = connectTo(server.port, rawGet('/track1').replace('close', 'keep-alive').repeat(5))
    await once(socket, 'data')
    socket.destroy()
    expect(await server.completion).toMatchObject({ outcome: 'client_abort' })
    expect(server.source.openTracks).toBe(0)
  })
})

describe('the time-out of a connection', () => {
  /** More than the kernel takes at once, so that the response waits for the client. */
  const SIZE = 16e6

  function timeoutAfterwards({ server }: RunningServer): Promise<number | undefined> {
    return new Promise(resolve => {
      server.once('request', (req, res) => {
        res.once('finish', () => {
          resolve(req.socket.timeout)
        })
      })
    })
  }

  it('is what it was once the answer is out, also without keep-alive time-out', async () => {
    await using server = await setStage(
      scriptSource(SIZE, () => [Buffer.alloc(SIZE)]),
      { stallTimeout: 5000 },
    )
    server.server.keepAliveTimeout = 0
    server.server.timeout = 1234
    const timeout = timeoutAfterwards(server)
    await ask(server.port, '/track1')
    expect(await timeout).toBe(1234)
  })

  it('is the keep-alive time-out of the server if there is one, even one as long as stallTimeout', async () => {
    await using server = await setStage(
      scriptSource(10, () => [Buffer.alloc(10)]),
      { stallTimeout: 5000 },
    )
    server.server.keepAliveTimeout = 5000
    const timeout = timeoutAfterwards(server)
    await ask(server.port, '/track1', { headers: { Connection: 'keep-alive' } })
    // Some versions of Node add a second of their own.
    expect(await timeout).toBeGreaterThanOrEqual(5000)
  })
})

it('a middleware whose end() throws ends the connection, and the track is not held on to', async () => {
  const stream = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET })
  let isBroken = false
  await using server = await listen((req, res) => {
    if (isBroken) {
      res.end = () => {
        throw new TypeError('a mistake of the app')
      }
    }
    stream(req, res)
  })
  // Once in memory, all is written before the handler returns.
  for (let time = 0; time < 2; time++) await ask(server.port, pathFor('track1'))
  isBroken = true
  const completion = new Promise(resolve => {
    subscribe(STREAM_CHANNELS.completion, resolve)
  })
  await expect(ask(server.port, pathFor('track1'))).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(await completion).toMatchObject({
    outcome: 'read_error',
    bytesSent: 0,
    cause: expect.any(TypeError) as unknown,
  })
})

it('a response that somebody else has begun is left alone', async () => {
  await using server = await setStage(scriptSource(10, () => [Buffer.alloc(10)]))
  server.server.on('request', (_req, res) => {
    res.writeHead(504)
    void server.completion.then(() => res.end('too late'))
  })
  const answer = await ask(server.port, '/track1')
  expect([answer.status, answer.body.toString()]).toEqual([504, 'too late'])
})
