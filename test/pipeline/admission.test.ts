/** `maxStreamsPerClient`: which requests count as streams, and for how long. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createStreamHandler } from 'express-signed-stream'
import { ask, connectTo, rawGet } from '../support/client'
import { eventually } from '../support/eventually'
import { connectionsOf, listen, type RunningServer } from '../support/server'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

/** More than the kernel takes for a client that does not read. */
const LONG = Buffer.alloc(8 * 1024 * 1024)

const tracks = makeTrackDirectory()
tracks.write('long.mp3', LONG)
tracks.write('short.mp3', 'short')
afterAll(tracks.remove)

function serve(maxStreamsPerClient: number): Promise<RunningServer> {
  return listen(
    createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, maxStreamsPerClient }),
  )
}

function keepAlive(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`
}

/** Begins a stream and takes its head only. */
async function begin(port: number, request: string): Promise<Socket> {
  const socket = connectTo(port, request)
  await once(socket, 'readable')
  return socket
}

async function end(server: RunningServer, ...sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy()
  await eventually(async () => (await connectionsOf(server)) === 0, 'the server has seen them disconnect')
}

it('refuses the stream beyond the limit with 429, and lets one in when another has ended', async () => {
  await using server = await serve(2)
  const streams = [
    await begin(server.port, rawGet(pathFor('long'))),
    await begin(server.port, rawGet(pathFor('long'))),
  ]
  const refused = await ask(server.port, pathFor('short'), { headers: { Accept: 'application/json' } })
  expect(refused.status).toBe(429)
  expect(refused.headers).toMatchObject({ 'retry-after': '10', 'cache-control': 'no-store' })
  expect(JSON.parse(refused.body.toString())).toMatchObject({ code: 'TOO_MANY_STREAMS' })
  await end(server, ...streams)
  expect((await ask(server.port, pathFor('short'))).status).toBe(200)
})

it('counts no request that is refused', async () => {
  await using server = await serve(1)
  for (let time = 0; time < 3; time++) {
    expect((await ask(server.port, '/stream/short')).status).toBe(403)
    expect((await ask(server.port, pathFor('missing'))).status).toBe(404)
    expect((await ask(server.port, pathFor('short'), { headers: { Range: 'bytes=99-' } })).status).toBe(416)
  }
  expect((await ask(server.port, pathFor('short'))).status).toBe(200)
})

it('counts nothing that waits for its turn behind another response', async () => {
  await using server = await serve(2)
  const behind = keepAlive(pathFor('short')).repeat(20) + keepAlive('/stream/short').repeat(20)
  const socket = await begin(server.port, keepAlive(pathFor('long')) + behind)
  expect((await ask(server.port, pathFor('short'))).status).toBe(200)
  await end(server, socket)
})

it('has no limit unless one is set', async () => {
  await using server = await serve(0)
  const streams = await Promise.all(
    Array.from({ length: 20 }, () => begin(server.port, rawGet(pathFor('long')))),
  )
  expect((await ask(server.port, pathFor('short'))).status).toBe(200)
  await end(server, ...streams)
})
