/** Many streams on one HTTP/2 connection, and what a client sees of a stream that ends early. */
import { Buffer } from 'node:buffer'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { truncateSync } from 'node:fs'
import {
  connect,
  constants,
  createServer,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type Http2ServerResponse,
} from 'node:http2'
import { connect as connectSocket, type AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createStreamHandler, STREAM_CHANNELS, type StreamCompletionEvent } from 'express-signed-stream'
import { eventually } from '../support/eventually'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

const LONG = Buffer.alloc(8_000_000, 'a track that takes a while, ')
const SHORT = Buffer.alloc(100_000, 'short, ')

const tracks = makeTrackDirectory()
tracks.write('long.mp3', LONG)
tracks.write('short.mp3', SHORT)

let server: Http2Server
/** Milliseconds; 0 for none, so that no stream stalls on a busy machine. */
let stallTimeout = 0
let client: ClientHttp2Session
let lastResponse: Http2ServerResponse | undefined
const completions: StreamCompletionEvent[] = []
function collect(event: unknown): void {
  completions.push(event as StreamCompletionEvent)
}

beforeEach(async () => {
  const handler = createStreamHandler({
    path: '/stream',
    dir: tracks.path,
    secret: SECRET,
    stallTimeout,
  })
  server = createServer((req, res) => {
    lastResponse = res
    handler(req as never, res as never)
  }).listen(0)
  await once(server, 'listening')
  client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  client.setMaxListeners(0)
  completions.length = 0
  subscribe(STREAM_CHANNELS.completion, collect)
})
afterEach(async () => {
  unsubscribe(STREAM_CHANNELS.completion, collect)
  client.destroy()
  server.close()
  await once(server, 'close')
})
afterAll(() => {
  tracks.remove()
})

function get(id: string): ClientHttp2Stream {
  const stream = client.request({ ':path': pathFor(id) })
  stream.on('error', () => undefined)
  return stream
}

/** The code that a stream was reset with, once all of it is read. */
async function resetCode(stream: ClientHttp2Stream): Promise<number> {
  stream.resume()
  if (!stream.destroyed) await once(stream, 'close').catch(() => undefined)
  return stream.rstCode
}

function completionOf(status: number): Promise<StreamCompletionEvent> {
  return eventually(
    () => completions.find(completion => completion.status === status),
    `a response with status ${status} ends`,
  )
}

it('serves 60 fast streams beside 100 that take nothing, hot and cold, and refuses none', async () => {
  // Asked for often enough to be in memory.
  for (let time = 0; time < 3; time++) await buffer(get('long'))
  completions.length = 0
  const paused = Array.from({ length: 100 }, () => get('long'))
  const heads = await Promise.all(paused.map(stream => once(stream, 'response')))
  expect(heads.map(([head]) => (head as Record<string, unknown>)[':status'])).toEqual(paused.map(() => 200))
  const fast = await Promise.all(Array.from({ length: 60 }, () => buffer(get('short'))))
  expect(fast.every(body => body.equals(SHORT))).toBe(true)
  for (const stream of paused) stream.close(constants.NGHTTP2_CANCEL)
  await eventually(() => completions.length === 160, 'all 160 streams end')
  const outcomes = completions.map(({ outcome }) => outcome)
  expect(outcomes.filter(outcome => outcome === 'complete')).toHaveLength(60)
  expect(outcomes.filter(outcome => outcome === 'client_abort')).toHaveLength(100)
})

it('resets a truncated file with an error, so that nobody takes it for whole', async () => {
  const file = tracks.write('truncated.mp3', LONG)
  const stream = get('truncated')
  await once(stream, 'response')
  truncateSync(file, 1_000_000)
  expect(await resetCode(stream)).toBe(constants.NGHTTP2_INTERNAL_ERROR)
  expect(await completionOf(200)).toMatchObject({ outcome: 'truncated' })
})

describe('with a stallTimeout', () => {
  beforeAll(() => {
    stallTimeout = 100
  })
  afterAll(() => {
    stallTimeout = 0
  })

  it('resets a client that takes nothing with an error', async () => {
    const stream = get('long')
    await once(stream, 'response')
    expect(await completionOf(200)).toMatchObject({ outcome: 'stalled' })
    expect(await resetCode(stream)).toBe(constants.NGHTTP2_INTERNAL_ERROR)
  })
})

it('resets a response that the app destroys with an error, and reports that this server ended it', async () => {
  const stream = get('long')
  await once(stream, 'response')
  lastResponse?.destroy()
  expect(await resetCode(stream)).toBe(constants.NGHTTP2_INTERNAL_ERROR)
  expect(await completionOf(200)).toMatchObject({ outcome: 'server_abort' })
})

it('reports a client whose connection is gone as one who left', async () => {
  const stream = get('long')
  await once(stream, 'response')
  client.destroy()
  expect(await completionOf(200)).toMatchObject({ outcome: 'client_abort' })
})

it('reports a client whose connection is reset as one who left', async () => {
  const { port } = server.address() as AddressInfo
  const socket = connectSocket(port, '127.0.0.1')
  const other = connect(`http://127.0.0.1:${port}`, { createConnection: () => socket })
  other.on('error', () => undefined)
  const stream = other.request({ ':path': pathFor('long') })
  stream.on('error', () => undefined)
  await once(stream, 'response')
  socket.resetAndDestroy()
  expect(await completionOf(200)).toMatchObject({ outcome: 'client_abort' })
})
