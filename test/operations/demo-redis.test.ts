/** Two instances of the demo that share a real Redis: what one knows, the other does; and what they do without it. */
import { once } from 'node:events'
import { get, request, type IncomingMessage } from 'node:http'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { makeEnder } from '../support/at-the-end'
import { ask, type Answer } from '../support/client'
import { Run } from '../support/demo-program'
import { eventually } from '../support/eventually'
import { freePort } from '../support/free-ports'
import { makeTrackDirectory, pathFor, pathWithTerms, secondIsOver, SECRET, TRACK } from '../support/tracks'
import { startRedisServer, type RedisServer } from './redis-server'

jest.setTimeout(120_000)

const atTheEnd = makeEnder()
const tracks = makeTrackDirectory()
atTheEnd(tracks.remove)
tracks.write('track1.mp3', TRACK)
// More than the sockets of a client that does not read take.
tracks.write('long.mp3', Buffer.alloc(24_000_000, TRACK))

let redis: RedisServer
let instances: [Run, Run]
let ports: [number, number]

beforeAll(async () => {
  redis = await startRedisServer()
  atTheEnd(() => redis[Symbol.asyncDispose]())
})
beforeEach(async () => {
  instances = [start(redis.port), start(redis.port)]
  ports = [await instances[0].port(), await instances[1].port()]
  await Promise.all(ports.map(untilReady))
})
afterEach(async () => {
  await Promise.all(instances.map(run => run[Symbol.asyncDispose]()))
})

function start(redisPort: number, further: Readonly<Record<string, string>> = {}): Run {
  return new Run({
    SECRET_KEY: SECRET,
    AUDIO_DIR: tracks.path,
    LOG_FORMAT: 'json',
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    ...further,
  })
}

async function readiness(port: number): Promise<string> {
  return (await ask(port, '/readyz')).body.toString().trim()
}

async function untilReady(port: number): Promise<void> {
  await eventually(async () => (await readiness(port)) === 'ready', 'the instance is ready')
}

/** Other links in each test: what one of them revokes stays revoked. */
let links = 0

async function sign(port: number, id: string, terms = ''): Promise<string> {
  const { body } = await ask(port, `/api/sign/${id}?linkId=link-${++links}&expiresIn=600${terms}`)
  return (JSON.parse(body.toString()) as { url: string }).url
}

/** A range, from a device with an address of its own. */
async function play(port: number, url: string, device = 2): Promise<[number, string?]> {
  const headers = { Range: 'bytes=0-99', Accept: 'application/json' }
  const { status, body } = await ask(port, `${url}&device=${device}`, { headers })
  return status === 206 ? [status] : [status, (JSON.parse(body.toString()) as { code: string }).code]
}

async function revoke(port: number, target: object): Promise<Answer['status']> {
  const headers = { 'Content-Type': 'application/json' }
  const req = request({ host: '127.0.0.1', port, path: '/api/revoke', method: 'POST', headers })
  req.end(JSON.stringify(target))
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  res.resume()
  return res.statusCode ?? 0
}

function messages(run: Run, msg: string): number {
  return run.log.filter(entry => entry.msg === msg).length
}

interface Way extends AsyncDisposable {
  readonly port: number
  /** From now on, nothing passes on the connections that there are, as if the other machine had gone. New ones work. */
  silence(): void
}

/** A way to a port of this machine. */
async function startWay(target: number): Promise<Way> {
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined))
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      for (const socket of sockets) socket.unpipe().pause()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await once(server.close(), 'close')
    },
  }
}

it('end a stream on one when the other revokes its listener, within 2 s, and refuse it from then on', async () => {
  const url = await sign(ports[0], 'long', '&listener=u42')
  const req = get({ host: '127.0.0.1', port: ports[1], path: url, agent: false })
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  const ended = new Promise(resolve => {
    res.on('error', () => undefined).once('close', resolve)
  })
  // Only the beginning: a client that reads all of it has it before it is revoked.
  res.once('data', () => res.pause())
  const begin = performance.now()
  expect(await revoke(ports[0], { listener: 'u42' })).toBe(200)
  expect(await play(ports[0], url)).toEqual([403, 'LINK_REVOKED'])
  await eventually(async () => {
    const { body } = await ask(ports[1], '/api/streams')
    return (JSON.parse(body.toString()) as { total: number }).total === 0
  }, 'the stream has ended on the other instance')
  expect(performance.now() - begin).toBeLessThan(2000)
  res.resume()
  await ended
  expect(res.complete).toBe(false)
  expect(await play(ports[1], url)).toEqual([403, 'LINK_REVOKED'])
})

it('let as many begin as a link says, all instances together', async () => {
  const url = await sign(ports[0], 'track1', '&uses=2')
  expect(await play(ports[0], url, 2)).toEqual([206])
  expect(await play(ports[1], url, 3)).toEqual([206])
  expect(await play(ports[0], url, 4)).toEqual([403, 'LINK_USED_UP'])
  expect(await play(ports[1], url, 4)).toEqual([403, 'LINK_USED_UP'])
  expect(await play(ports[1], url, 2)).toEqual([206])
})

it('let a listener continue after the expiry on an instance on which it did not begin', async () => {
  const { body } = await ask(ports[0], '/api/sign/track1?expiresIn=1&playFor=600')
  const { url, expires } = JSON.parse(body.toString()) as { url: string; expires: number }
  expect(await play(ports[0], url, 2)).toEqual([206])
  await secondIsOver(expires)
  expect(await play(ports[1], url, 3)).toEqual([403, 'SIGNATURE_EXPIRED'])
  expect(await play(ports[1], url, 2)).toEqual([206])
})

it('serve listeners who have begun and plain links while Redis is stopped, log it once, and join again', async () => {
  const url = await sign(ports[0], 'track1', '&uses=1&playFor=600')
  const other = await sign(ports[0], 'track1', '&uses=1')
  const late = await sign(ports[0], 'track1', '&listener=late')
  expect(await play(ports[0], url, 2)).toEqual([206])
  await redis.stop()
  for (let count = 0; count < 20; count += 1) {
    expect(await play(ports[0], url, 2)).toEqual([206])
    expect((await ask(ports[count % 2] ?? 0, pathFor('track1'))).status).toBe(200)
  }
  expect(await play(ports[0], other, 2)).toEqual([503, 'STATE_UNAVAILABLE'])
  await Promise.all(instances.map(run => run.logged('The state of links does not respond')))
  expect(await Promise.all(ports.map(readiness))).toEqual(['ready', 'ready'])
  // In force here at once, and on the other one when Redis is back.
  expect(await revoke(ports[0], { listener: 'late' })).toBe(503)
  expect(await play(ports[0], late)).toEqual([403, 'LINK_REVOKED'])
  expect(await play(ports[1], late)).toEqual([206])

  await redis.start()
  await Promise.all(instances.map(run => run.logged('The state of links responds again')))
  await eventually(
    async () => (await play(ports[1], late))[0] === 403,
    'the other instance knows the revocation',
  )
  expect(await play(ports[1], other, 3)).toEqual([206])
  for (const run of instances) expect(messages(run, 'The state of links does not respond')).toBe(1)
})

it('starts without its Redis, says so, refuses what may be revoked, and is ready once it has read that', async () => {
  await redis.stop()
  await using run = start(redis.port)
  const own = await run.port()
  expect(await readiness(own)).toBe('revocations cannot be read')
  expect((await ask(own, '/healthz')).status).toBe(200)
  for (const url of [pathFor('track1'), pathWithTerms('track1', 'sub.u1')]) {
    const { status, headers } = await ask(own, url)
    expect([status, headers['retry-after']]).toEqual([503, expect.any(String) as string])
  }
  const { err } = await run.logged('The state of links does not respond')
  expect(JSON.stringify(err)).toContain('ECONNREFUSED')

  await redis.start()
  await untilReady(own)
  expect((await ask(own, pathFor('track1'))).status).toBe(200)
  expect(messages(run, 'The state of links does not respond')).toBe(1)
})

it('logs a wrong password once, without the password', async () => {
  await using run = start(redis.port, { REDIS_URL: `redis://demo:wrong-password@127.0.0.1:${redis.port}` })
  const own = await run.port()
  await run.logged('The state of links does not respond')
  expect(await readiness(own)).toBe('revocations cannot be read')
  expect(run.lines.join('\n')).toContain('WRONGPASS')
  expect(run.lines.join('\n')).not.toContain('wrong-password')
})

it('serves plain links while nothing comes from Redis, and replaces the connection', async () => {
  await using way = await startWay(redis.port)
  await using run = start(way.port)
  const own = await run.port()
  await untilReady(own)
  way.silence()
  await run.logged('The state of links does not respond')
  expect((await ask(own, pathFor('track1'))).status).toBe(200)
  await run.logged('The state of links responds again')
  expect(await play(own, await sign(own, 'track1', '&uses=1'))).toEqual([206])
})

it('ends by SIGTERM with the exit code 0', async () => {
  instances[0].child.kill('SIGTERM')
  expect(await instances[0].ended).toBe(0)
})

it('ends if it cannot start, whether or not Redis is there', async () => {
  for (const port of [redis.port, await freePort()]) {
    await using run = start(port, { STREAM_SERVER_PORT: String(ports[0]), HOST: '127.0.0.1' })
    expect(await run.ended).toBe(1)
    expect(run.errors).toContain('STREAM_SERVER_PORT')
  }
})
