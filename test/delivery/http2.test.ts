/** HTTP/2 by Node's own server, whose responses are alike but end in another way. */
import { Buffer } from 'node:buffer'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EventEmitter, once } from 'node:events'
import { connect, constants, createServer, type ClientHttp2Session, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createStreamHandler, STREAM_CHANNELS, type StreamCompletionEvent } from 'express-signed-stream'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

const CONTENT = Buffer.alloc(3_000_000, 'a track of some length, ')

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', CONTENT)

let server: Http2Server
let client: ClientHttp2Session
const completions = new EventEmitter()
function tell(event: unknown): void {
  completions.emit('completion', event)
}

beforeAll(async () => {
  const handler = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET })
  server = createServer(handler as unknown as Parameters<typeof createServer>[1]).listen(0)
  await once(server, 'listening')
  client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  subscribe(STREAM_CHANNELS.completion, tell)
})

afterAll(async () => {
  unsubscribe(STREAM_CHANNELS.completion, tell)
  client.destroy()
  const closed = once(server, 'close')
  server.close()
  await closed
  tracks.remove()
})

async function nextCompletion(): Promise<StreamCompletionEvent> {
  const [event] = (await once(completions, 'completion')) as [StreamCompletionEvent]
  return event
}

it.each([
  ['a range', { range: 'bytes=100-70099' }, 206, CONTENT.subarray(100, 70_100)],
  ['a range that is in memory', { range: 'bytes=100-70099' }, 206, CONTENT.subarray(100, 70_100)],
  ['the whole track', {}, 200, CONTENT],
])('gives %s, and tells that all of it was sent', async (_what, headers, status, content) => {
  const completion = nextCompletion()
  const stream = client.request({ ':path': pathFor('track1'), ...headers })
  const [answer] = (await once(stream, 'response')) as [Record<string, unknown>]
  expect(answer[':status']).toBe(status)
  expect((await buffer(stream)).equals(content)).toBe(true)
  expect(await completion).toMatchObject({ status, outcome: 'complete', bytesSent: content.length })
})

it('reports a client that leaves in the body', async () => {
  const completion = nextCompletion()
  const stream = client.request({ ':path': pathFor('track1') })
  stream.on('error', () => undefined)
  await once(stream, 'response')
  stream.close(constants.NGHTTP2_CANCEL)
  expect(await completion).toMatchObject({ outcome: 'client_abort' })
})
