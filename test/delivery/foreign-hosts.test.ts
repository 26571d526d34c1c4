/** Responses that no connection of Node's stands behind, as adapters and test doubles make them. */
import { Buffer } from 'node:buffer'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EventEmitter, once } from 'node:events'
import { truncateSync } from 'node:fs'
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { PassThrough, Writable } from 'node:stream'
import { createStreamHandler, STREAM_CHANNELS, type StreamCompletionEvent } from 'express-signed-stream'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

const CONTENT = Buffer.alloc(3_000_000, 'more than one chunk of a track; ')

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', CONTENT)
afterAll(tracks.remove)

const handler = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, cache: false })

const completions: StreamCompletionEvent[] = []
function collect(event: unknown): void {
  completions.push(event as StreamCompletionEvent)
}
beforeEach(() => {
  completions.length = 0
  subscribe(STREAM_CHANNELS.completion, collect)
})
afterEach(() => {
  unsubscribe(STREAM_CHANNELS.completion, collect)
})

function makeRequest(path: string): IncomingMessage {
  const req = new IncomingMessage(new PassThrough() as unknown as Socket)
  req.method = 'GET'
  req.url = path
  return req
}

interface Host {
  readonly res: ServerResponse
  /** What was written so far; of a real response, behind its head. */
  readonly bytes: () => Buffer
}

/** What a serverless adapter gives to Node's response: an object that takes bytes and says nothing. */
function onSocketObject(): Host {
  const chunks: Buffer[] = []
  const res = new ServerResponse(makeRequest(''))
  const socket = {
    _writableState: {},
    writable: true,
    on: () => undefined,
    removeListener: () => undefined,
    cork: () => undefined,
    uncork: () => undefined,
    write: (chunk: Uint8Array | string, encoding?: BufferEncoding | (() => void), callback?: () => void) => {
      const isText = typeof chunk === 'string' && typeof encoding === 'string'
      chunks.push(isText ? Buffer.from(chunk, encoding) : Buffer.from(chunk))
      const done = typeof encoding === 'function' ? encoding : callback
      done?.()
    },
  }
  res.assignSocket(socket as unknown as Socket)
  return {
    res,
    bytes: () => {
      const all = Buffer.concat(chunks)
      return all.subarray(all.indexOf('\r\n\r\n') + 4)
    },
  }
}

/** What `inject` of a framework gives: Node's response over a stream that throws all away. */
function onWritable(): Host {
  const chunks: Buffer[] = []
  const res = new ServerResponse(makeRequest(''))
  res.assignSocket(
    new Writable({
      write(chunk: Buffer, _encoding, callback) {
        chunks.push(chunk)
        callback()
      },
    }) as unknown as Socket,
  )
  return {
    res,
    bytes: () => {
      const all = Buffer.concat(chunks)
      return all.subarray(all.indexOf('\r\n\r\n') + 4)
    },
  }
}

/** A double that is no stream at all, and emits `finish` within `end`. */
function asDouble(): Host {
  const chunks: Buffer[] = []
  const fields = new Map<string, unknown>()
  const res = Object.assign(new EventEmitter(), {
    headersSent: false,
    setHeader: (name: string, value: unknown) => fields.set(name.toLowerCase(), value),
    hasHeader: (name: string) => fields.has(name.toLowerCase()),
    removeHeader: (name: string) => fields.delete(name.toLowerCase()),
    writeHead: () => undefined,
    write: (chunk: Buffer) => {
      chunks.push(Buffer.from(chunk))
    },
    end: (chunk?: Buffer) => {
      if (chunk !== undefined) chunks.push(Buffer.from(chunk))
      res.emit('finish')
    },
  })
  return { res: res as unknown as ServerResponse, bytes: () => Buffer.concat(chunks) }
}

describe.each([
  ['over an object for a socket', onSocketObject],
  ['over a stream for a socket', onWritable],
  ['that is a double', asDouble],
])('A response %s', (_what, makeHost) => {
  it('gets all bytes, and one completion', async () => {
    const { res, bytes } = makeHost()
    const finished = once(res, 'finish')
    handler(makeRequest(pathFor('track1')), res)
    await finished
    await new Promise(setImmediate)
    expect(bytes().equals(CONTENT)).toBe(true)
    expect(completions).toMatchObject([{ outcome: 'complete', status: 200, bytesSent: CONTENT.length }])
  })

  it('emits an error, and one completion, when it cannot be finished', async () => {
    const file = tracks.write('cut.mp3', CONTENT)
    const { res } = makeHost()
    const failed = once(res, 'error').catch((error: unknown) => [error])
    const write = res.write.bind(res) as (...args: unknown[]) => boolean
    res.write = ((...args: unknown[]) => {
      truncateSync(file, 10)
      return write(...args)
    }) as typeof res.write
    handler(makeRequest(pathFor('cut')), res)
    expect(await failed).toEqual([expect.any(Error)])
    expect(completions).toMatchObject([{ outcome: 'truncated' }])
    expect(completions[0]?.bytesSent).toBeLessThan(CONTENT.length)
  })
})
