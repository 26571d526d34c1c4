/** Buffers are used again over HTTP/2 too, where Node holds a write until the connection has sent all of it. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect, constants, createServer, type ClientHttp2Session, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createStreamHandler } from 'express-signed-stream'
import { smallChunks } from '../../src/source/memory/small-chunks'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

const NAMES = Array.from({ length: 8 }, (_, index) => `track${index}`)

/** Bytes that only this track has. */
function contentOf(name: string): Buffer {
  return Buffer.alloc(700_000, `${name}, `)
}

const tracks = makeTrackDirectory()
for (const name of NAMES) tracks.write(`${name}.mp3`, contentOf(name))

let server: Http2Server
let client: ClientHttp2Session

beforeAll(async () => {
  const stream = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, cache: false })
  server = createServer(stream as unknown as Parameters<typeof createServer>[1]).listen(0)
  await once(server, 'listening')
  client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  client.setMaxListeners(0)
})
afterAll(async () => {
  client.destroy()
  server.close()
  await once(server, 'close')
  tracks.remove()
})

async function isWhole(name: string): Promise<boolean> {
  const body = await buffer(client.request({ ':path': pathFor(name) }))
  return body.equals(contentOf(name))
}

/** Leaves as soon as it has some of the body. */
async function leave(name: string): Promise<void> {
  const stream = client.request({ ':path': pathFor(name) })
  stream.on('error', () => undefined)
  await once(stream, 'data')
  stream.close(constants.NGHTTP2_CANCEL)
  await once(stream, 'close')
}

it('sends each stream of a connection its own bytes, also while others leave in the middle', async () => {
  const names = Array.from({ length: 5 }, () => NAMES).flat()
  const [whole] = await Promise.all([
    Promise.all(names.map(name => isWhole(name))),
    Promise.all(NAMES.map(name => leave(name))),
  ])
  expect(whole.filter(is => is)).toHaveLength(names.length)
})

it('keeps the buffers of streams that have ended for those that come after them', async () => {
  for (const name of NAMES) await isWhole(name)
  const { bytes } = smallChunks
  expect(bytes).toBeGreaterThan(0)
  for (const name of NAMES) expect(await isWhole(name)).toBe(true)
  expect(smallChunks.bytes).toBe(bytes)
})
