/** The commands that act on running servers, against two nodes and a real Redis. */
import { execFile } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { createLinks, createStreamRouter, type Links } from 'express-signed-stream'
import { redisState } from 'express-signed-stream/redis'
import { build } from '../support/built-package'
import { eventually } from '../support/eventually'
import { HOSTS, listen, type RunningServer } from '../support/server'
import { makeTrackDirectory, SECRET } from '../support/tracks'
import { CLIENTS } from './redis-clients'
import { startRedisServer, type RedisServer } from './redis-server'

jest.setTimeout(60_000)

const [[, mount]] = HOSTS as [(typeof HOSTS)[0]]
const [[, connect]] = CLIENTS as [(typeof CLIENTS)[0]]

const built = build()
const tracks = makeTrackDirectory()
// More than sockets hold for a client that does not read.
truncateSync(tracks.write('track1.mp3', ''), 1024 ** 3)

interface Node {
  readonly links: Links
  readonly server: RunningServer
  close(): Promise<void>
}

let redis: RedisServer
let nodes: readonly [Node, Node]

beforeAll(async () => {
  redis = await startRedisServer()
  nodes = [await startNode(), await startNode()]
})
afterAll(async () => {
  for (const node of nodes) await node.close()
  await redis[Symbol.asyncDispose]()
  tracks.remove()
  built.remove()
})

async function startNode(): Promise<Node> {
  const client = await connect(redis.port)
  const links = createLinks({ secret: SECRET, state: redisState({ send: client.send }), baseUrl: '/stream' })
  const server = await listen(mount(createStreamRouter({ dir: tracks.path, links })))
  return {
    links,
    server,
    async close() {
      links.close()
      await server.close()
      client.close()
    },
  }
}

const run = promisify(execFile)

interface Printed {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real program. */
async function program(...args: readonly string[]): Promise<Printed> {
  const env = { ...process.env, SECRET_KEY: SECRET, REDIS_URL: `redis://127.0.0.1:${redis.port}` }
  try {
    const { stdout, stderr } = await run(process.execPath, [built.program, ...args], { env })
    return { exitCode: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { exitCode: code, stdout, stderr }
  }
}

/** A response of which nobody reads the body, until it ends. */
async function play(node: Node, url: string): Promise<IncomingMessage> {
  const request = get(`${node.server.origin}${url}`)
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  return response
}

async function statusOf(node: Node, url: string): Promise<number | undefined> {
  const response = await play(node, url)
  response.destroy()
  return response.statusCode
}

interface Listed {
  readonly streams: readonly { readonly id: string; readonly listener?: string; readonly node: string }[]
}

async function listStreams(count: number): Promise<Listed['streams']> {
  return eventually(async () => {
    const { streams } = JSON.parse((await program('streams', '--json')).stdout) as Listed
    return streams.length === count && streams
  }, `${count} streams are listed`)
}

it('lists the streams of both nodes, ends one, and takes back the links of a listener', async () => {
  const [a, b] = nodes
  const [first, second] = [
    a.links.signUrl('track1', { expiresIn: 600, listener: 'u42' }),
    a.links.signUrl('track1', { expiresIn: 600, listener: 'u43' }),
  ]
  const responses = [await play(a, first), await play(b, first), await play(b, second)]
  const closed = responses.map(async response => new Promise(resolve => response.once('close', resolve)))

  const streams = await listStreams(3)
  expect(streams.map(({ listener }) => listener).sort()).toEqual(['u42', 'u42', 'u43'])
  expect(new Set(streams.map(({ node }) => node)).size).toBe(2)

  const other = streams.find(({ listener }) => listener === 'u43')?.id ?? ''
  expect(await program('revoke', '--stream', other)).toMatchObject({
    exitCode: 0,
    stdout: 'The stream ends\n1 stream in progress ends within 2 seconds\n',
  })
  responses[2]?.resume()
  await closed[2]
  expect(responses[2]?.complete).toBe(false)
  expect(await statusOf(b, second)).toBe(200)

  const rehearsal = await program('revoke', '--listener', 'u42', '--dry-run')
  expect(rehearsal.stdout).toContain('2 streams in progress would end')
  expect(await statusOf(a, first)).toBe(200)
  await listStreams(2)

  const revoked = await program('revoke', '--listener', 'u42')
  expect(revoked.stdout).toContain('2 streams in progress end within 2 seconds')
  for (const response of responses.slice(0, 2)) response.resume()
  await Promise.all(closed)
  expect(responses.map(({ complete }) => complete)).toEqual([false, false, false])
  expect([await statusOf(a, first), await statusOf(b, first)]).toEqual([403, 403])
  expect(await statusOf(a, second)).toBe(200)
})

it('takes back one plain link by its URL', async () => {
  const [a, b] = nodes
  const { stdout } = await program('sign', 'track1', '--expires-in', '10m', '--base-url', '/stream')
  const url = stdout.trim()
  expect([await statusOf(a, url), await statusOf(b, url)]).toEqual([200, 200])
  expect((await program('revoke', '--link', url)).exitCode).toBe(0)
  for (const node of [a, b]) {
    await eventually(async () => (await statusOf(node, url)) === 403, 'a node refuses the link')
  }
  expect(await statusOf(a, a.links.signUrl('track1', { expiresIn: 600 }))).toBe(200)
})

it('serves what the command line signs with terms', async () => {
  const [a] = nodes
  const sign = ['sign', 'track1', '--expires-in', '10m', '--base-url', '/stream']
  const near = await program(
    ...sign,
    '--network',
    '127.0.0.1',
    '--listener',
    'u44',
    '--download-name',
    'Été.mp3',
  )
  const far = await program(...sign, '--network', '192.0.2.0/24')
  expect(await statusOf(a, near.stdout.trim())).toBe(200)
  expect(await statusOf(a, far.stdout.trim())).toBe(403)
})

it('exits with 69 if there is no Redis at the URL, and does not show the password', async () => {
  const url = 'redis://user:hunter2@127.0.0.1:1'
  expect(await program('streams', '--redis-url', url)).toEqual({
    exitCode: 69,
    stdout: '',
    stderr: 'express-signed-stream: Cannot connect to Redis: ECONNREFUSED\n',
  })
})
