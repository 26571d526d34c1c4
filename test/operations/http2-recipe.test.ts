/** The recipe of `docs/recipes/http2.md`, over TLS, by clients with and without HTTP/2. Needs openssl. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2SecureServer,
  type IncomingHttpHeaders,
} from 'node:http2'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import express from 'express'
import { createStreamHandler } from 'express-signed-stream'
import { makeCertificate, type Certificate } from '../browser/certificate'
import { createHttp2Server } from '../recipes/http2/server'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

const ROOT = join(__dirname, '../..')
const LONG = Buffer.alloc(800_000, 'a track that takes a while, ')
const SHORT = Buffer.alloc(100_000, 'short, ')

const tracks = makeTrackDirectory()
tracks.write('long.mp3', LONG)
tracks.write('short.mp3', SHORT)

const app = express().set('trust proxy', 'loopback')
app.post('/echo', express.json(), (req, res) => {
  res
    .cookie('a', '1')
    .cookie('b', '2')
    .status(201)
    .json({ got: req.body as unknown, secure: req.secure, host: req.hostname })
})

let certificate: Certificate
let server: Http2SecureServer
let client: ClientHttp2Session
let port: number
/** Whether content may be kept in memory. */
let isCached = true

beforeAll(async () => {
  certificate = await makeCertificate()
})
beforeEach(async () => {
  const cache = isCached ? {} : { cache: false as const }
  const stream = createStreamHandler({
    path: '/stream',
    dir: tracks.path,
    secret: SECRET,
    stallTimeout: 0,
    ...cache,
  })
  server = createHttp2Server(certificate, stream, app).listen(0)
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  client = connect(`https://localhost:${port}`, { ca: certificate.cert })
  client.setMaxListeners(0)
})
afterEach(async () => {
  client.destroy()
  server.close()
  await once(server, 'close')
})
afterAll(() => {
  tracks.remove()
})

function get(id: string): ClientHttp2Stream {
  return client.request({ ':path': pathFor(id) })
}

it('is the code that the document prints', () => {
  const document = readFileSync(join(ROOT, 'docs/recipes/http2.md'), 'utf8')
  expect(document).toContain(
    `\`\`\`ts\n${readFileSync(join(ROOT, 'test/recipes/http2/server.ts'), 'utf8')}\`\`\``,
  )
})

it('refuses nobody after hundreds of seeks, each of which resets a stream that still has to send', async () => {
  async function leave(): Promise<void> {
    const stream = get('long')
    stream.on('error', () => undefined)
    await new Promise(resolve => setTimeout(resolve, Math.random() * 10))
    stream.close(constants.NGHTTP2_CANCEL)
  }
  for (let round = 0; round < 50; round++) {
    const left = Promise.all(Array.from({ length: 8 }, leave))
    const bodies = await Promise.all(Array.from({ length: 8 }, () => buffer(get('short'))))
    expect(bodies.every(body => body.equals(SHORT))).toBe(true)
    await left
  }
})

it('gives a track over HTTP/2, and over HTTP/1.1 to a client that offers no other', async () => {
  expect((await buffer(get('short'))).equals(SHORT)).toBe(true)
  const request = https.get({
    host: 'localhost',
    port,
    path: pathFor('short'),
    ca: certificate.cert,
    agent: false,
  })
  const [answer] = (await once(request, 'response')) as [NodeJS.ReadableStream & { httpVersion: string }]
  expect(answer.httpVersion).toBe('1.1')
  expect((await buffer(answer)).equals(SHORT)).toBe(true)
})

it('passes other requests to Express, which sees the host and that the client came over TLS', async () => {
  const stream = client.request({ ':method': 'POST', ':path': '/echo', 'content-type': 'application/json' })
  stream.end('{"a":1}')
  const [fields] = (await once(stream, 'response')) as [IncomingHttpHeaders]
  expect(fields).toMatchObject({
    ':status': 201,
    'set-cookie': [expect.stringMatching('^a=1'), expect.stringMatching('^b=2')],
  })
  expect(JSON.parse(await text(stream))).toEqual({ got: { a: 1 }, secure: true, host: 'localhost' })
})

it('gives the 404 of Express for a path that neither knows', async () => {
  const stream = client.request({ ':path': '/nothing' })
  const [fields] = (await once(stream, 'response')) as [IncomingHttpHeaders]
  expect([fields[':status'], await text(stream)]).toEqual([
    404,
    expect.stringContaining('Cannot GET /nothing'),
  ])
})

describe.each([
  ['in memory', true],
  ['on the disk', false],
])('with tracks that are %s', (_where, cached) => {
  beforeAll(() => {
    isCached = cached
  })

  it('serves 60 fast streams beside 100 that wait, and completes those when they go on', async () => {
    for (let time = 0; time < 3; time++) await buffer(get('long'))
    const paused = Array.from({ length: 100 }, () => get('long'))
    const heads = await Promise.all(paused.map(stream => once(stream, 'response')))
    expect(heads.map(([head]) => (head as IncomingHttpHeaders)[':status'])).toEqual(paused.map(() => 200))
    const fast = await Promise.all(Array.from({ length: 60 }, () => buffer(get('short'))))
    expect(fast.every(body => body.equals(SHORT))).toBe(true)
    const late = await Promise.all(paused.map(stream => buffer(stream)))
    expect(late.every(body => body.equals(LONG))).toBe(true)
  })
})
