/** Two nodes that share links by a real Redis: limits, sessions and revocations, and what holds while Redis is away. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import express from 'express'
import {
  createLinks,
  createStreamRouter,
  type Links,
  type LinksOptions,
  type StreamLogger,
} from 'express-signed-stream'
import { redisState } from 'express-signed-stream/redis'
import { ask, type Answer } from '../support/client'
import { eventually } from '../support/eventually'
import { listen } from '../support/server'
import { makeTrackDirectory, SECRET, TRACK, type TrackDirectory } from '../support/tracks'
import { openNodeRedis } from './redis-clients'
import { startRedisServer, type RedisServer } from './redis-server'

const SILENT: StreamLogger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
}

/** More than the buffers of sockets hold. */
const LONG = Buffer.alloc(64 * 1024 * 1024)

let tracks: TrackDirectory
let redis: RedisServer
/** Seconds by which the clock of the nodes is ahead. */
let ahead = 0

beforeAll(() => {
  tracks = makeTrackDirectory()
  tracks.write('track1.mp3', TRACK)
  tracks.write('long.mp3', LONG)
})
afterAll(() => {
  tracks.remove()
})
beforeEach(async () => {
  ahead = 0
  redis = await startRedisServer()
})
afterEach(() => redis[Symbol.asyncDispose]())

interface Node extends AsyncDisposable {
  readonly links: Links
  readonly port: number
  /** A range of a link. Each address is a listener of its own. */
  ask(url: string, address?: string, headers?: Record<string, string>): Promise<Answer>
  /** Begins a body, and reads no further than its first piece. */
  open(url: string, address?: string): Promise<IncomingMessage>
}

async function startNode(options: Partial<LinksOptions> = {}, isConnected = true): Promise<Node> {
  const client = openNodeRedis(redis.port)
  if (isConnected) await client.connected
  const links = createLinks({
    secret: SECRET,
    baseUrl: '/stream',
    now: () => Date.now() / 1000 + ahead,
    state: redisState({ send: client.send }),
    logger: SILENT,
    ...options,
  })
  const app = express().use('/stream', createStreamRouter({ dir: tracks.path, links }))
  const server = await listen(app)
  const node: Node = {
    links,
    port: server.port,
    ask: (url, localAddress = '127.0.0.1', headers = {}) =>
      ask(server.port, url, { localAddress, headers: { Range: 'bytes=0-99', ...headers } }),
    async open(url, localAddress = '127.0.0.1') {
      const request = get({ host: '127.0.0.1', port: server.port, path: url, localAddress, agent: false })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      response.on('error', () => undefined)
      await once(response, 'readable')
      response.read(1)
      return response
    },
    async [Symbol.asyncDispose]() {
      links.close()
      await server.close()
      client.close()
    },
  }
  if (isConnected) await untilReady(node)
  return node
}

/** A node refuses every link until it has read the revocations. */
async function untilReady(node: Node): Promise<void> {
  const url = node.links.signUrl('track1', { expiresIn: 60 })
  await eventually(async () => (await node.ask(url)).status === 206, 'the node has read the revocations')
}

function address(number: number): string {
  return `127.0.1.${number}`
}

async function expectStatus(answer: Promise<Answer>, status: number): Promise<void> {
  expect((await answer).status).toBe(status)
}

/** Milliseconds. */
async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function isOver(response: IncomingMessage): Promise<boolean> {
  return new Promise(resolve => {
    response.once('close', () => {
      resolve(!response.complete)
    })
    response.resume()
  })
}

describe('Two nodes', () => {
  it('end a body on one within 2 s of its revocation on the other, and no other body', async () => {
    await using a = await startNode()
    await using b = await startNode()
    const url = a.links.signUrl('long', { expiresIn: 600, listener: 'u1' })
    const others = a.links.signUrl('long', { expiresIn: 600, listener: 'u2' })
    const body = await b.open(url)
    const other = await b.open(others)
    expect(b.links.streams().map(({ listener }) => listener)).toEqual(['u1', 'u2'])
    const took = await elapsed(async () => {
      await a.links.revoke({ listener: 'u1' })
      await eventually(() => b.links.streams().length === 1, 'the body ends')
    })
    expect(took).toBeLessThan(2000)
    expect(b.links.streams().map(({ listener }) => listener)).toEqual(['u2'])
    expect(await isOver(body)).toBe(true)
    expect(other.destroyed).toBe(false)
    await expectStatus(a.ask(url), 403)
    await expectStatus(b.ask(url), 403)
    await expectStatus(b.ask(others), 206)
    other.destroy()
  })

  it.each([1, 3])('let exactly %d of 60 listeners begin who come at once, and those again', async uses => {
    await using a = await startNode()
    await using b = await startNode()
    const { url } = a.links.createLink('track1', { expiresIn: 600, uses })
    const numbers = Array.from({ length: 60 }, (_, index) => index + 1)
    const answers = await Promise.all(
      numbers.map(number => (number % 2 === 0 ? a : b).ask(url, address(number))),
    )
    const begun = numbers.filter((_number, index) => answers[index]?.status === 206)
    expect(begun).toHaveLength(uses)
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(60 - uses)
    for (const number of begun) {
      await expectStatus(a.ask(url, address(number)), 206)
      await expectStatus(b.ask(url, address(number)), 206)
    }
  })

  it('take many first requests of one listener for one', async () => {
    await using a = await startNode()
    await using b = await startNode()
    const { url } = a.links.createLink('track1', { expiresIn: 600, uses: 1 })
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? a : b).ask(url)),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([206]))
  })

  it('let a listener continue on one who began on the other, by address or by cookie', async () => {
    await using a = await startNode()
    await using b = await startNode()
    const url = a.links.signUrl('track1', { expiresIn: 60, playFor: 3600 })
    const begun = await a.ask(url, address(1))
    const cookie = begun.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    expect(begun.status).toBe(206)
    ahead = 600
    await expectStatus(b.ask(url, address(2)), 403)
    await expectStatus(b.ask(url, address(1)), 206)
    await expectStatus(b.ask(url, address(3), { Cookie: cookie }), 206)
    ahead = 3700
    await expectStatus(b.ask(url, address(1), { Cookie: cookie }), 403)
  })

  it('count listeners at a time together', async () => {
    await using a = await startNode()
    await using b = await startNode()
    const url = a.links.signUrl('long', { expiresIn: 600, streams: 1, listener: 'u1' })
    const body = await a.open(url, address(1))
    await expectStatus(b.ask(url, address(2)), 429)
    await expectStatus(b.ask(url, address(1)), 206)
    body.destroy()
  })

  it('end the body of the first listener on one when another one begins on the other', async () => {
    await using a = await startNode({ onLimit: 'endOldest' })
    await using b = await startNode({ onLimit: 'endOldest' })
    const url = a.links.signUrl('long', { expiresIn: 600, streams: 1, listener: 'u1' })
    const body = await a.open(url, address(1))
    await expectStatus(b.ask(url, address(2)), 206)
    await eventually(() => a.links.streams().length === 0, 'the first body ends')
    expect(await isOver(body)).toBe(true)
    await expectStatus(a.ask(url, address(1)), 429)
    await expectStatus(a.ask(url, address(2)), 206)
  })

  it('publish the streams in progress of each', async () => {
    await using a = await startNode()
    await using b = await startNode()
    const client = openNodeRedis(redis.port)
    await client.connected
    const state = redisState({ send: client.send })
    const bodies = [
      await a.open(a.links.signUrl('long', { expiresIn: 600, listener: 'u1' })),
      await b.open(a.links.signUrl('long', { expiresIn: 600, listener: 'u2' })),
    ]
    const texts = await eventually(async () => {
      const streams = (await state.streams?.read()) ?? []
      return streams.length === 2 && streams
    }, 'both nodes publish their streams')
    const listeners = texts.map(text => (JSON.parse(text) as { listener: string }).listener)
    expect(listeners.sort()).toEqual(['u1', 'u2'])
    for (const body of bodies) body.destroy()
    await eventually(
      async () => ((await state.streams?.read()) ?? []).length === 0,
      'both nodes publish the ends',
    )
    client.close()
  })
})

describe.each([
  ['stopped', async () => redis.stop()],
  [
    'hung',
    async () => {
      redis.hang()
      await Promise.resolve()
    },
  ],
])('While Redis is %s, two nodes', (kind, fail) => {
  it('serve whom they know, keep revocations, and refuse what nobody can count', async () => {
    await using a = await startNode()
    await using b = await startNode()
    const plain = a.links.signUrl('track1', { expiresIn: 600 })
    const revoked = a.links.signUrl('track1', { expiresIn: 600, listener: 'gone' })
    const used = a.links.signUrl('track1', { expiresIn: 600, uses: 2 })
    const limited = a.links.signUrl('track1', { expiresIn: 600, streams: 1, listener: 'u1' })
    const session = a.links.signUrl('track1', { expiresIn: 60, playFor: 3600 })
    await expectStatus(a.ask(used, address(1)), 206)
    await expectStatus(a.ask(limited, address(1)), 206)
    await expectStatus(a.ask(session, address(1)), 206)
    await a.links.revoke({ listener: 'gone' })
    await eventually(async () => (await b.ask(revoked)).status === 403, 'the other node has read it')
    await fail()
    try {
      // The first one that needs Redis may wait for 500 ms; whoever is known does not.
      expect(await elapsed(() => expectStatus(a.ask(limited, address(1)), 206))).toBeLessThan(250)
      for (const node of [a, b]) {
        expect(await elapsed(() => expectStatus(node.ask(plain), 206))).toBeLessThan(250)
        await expectStatus(node.ask(revoked), 403)
        expect(await elapsed(() => expectStatus(node.ask(used, address(9)), 503))).toBeLessThan(1000)
        // Each node counts for itself.
        await expectStatus(node.ask(limited, address(node === a ? 1 : 2)), 206)
        await expectStatus(node.ask(limited, address(3)), 429)
      }
      await expectStatus(a.ask(used, address(1)), 206)
      expect(await elapsed(() => expectStatus(b.ask(used, address(8)), 503))).toBeLessThan(250)
      ahead = 500
      await expectStatus(a.ask(session, address(1)), 206)
      await expectStatus(b.ask(session, address(1)), 503)
      ahead = 0

      // What is revoked meanwhile holds here, and the caller learns that it does not yet elsewhere.
      const late = a.links.signUrl('track1', { expiresIn: 600, listener: 'late' })
      await expect(a.links.revoke({ listener: 'late' })).rejects.toThrow()
      await expectStatus(a.ask(late), 403)
      await expectStatus(b.ask(late), 206)
      if (kind === 'hung') redis.goOn()
      else await redis.start()
      await eventually(async () => (await b.ask(late)).status === 403, 'the other node learns of it')

      // A node that starts now knows both, also if Redis came back empty.
      await eventually(
        async () => (await redis.command('ZCARD', 'ess:{revoked}')) === 2,
        'both are in the list',
      )
      await using c = await startNode()
      await expectStatus(c.ask(revoked), 403)
      await expectStatus(c.ask(late), 403)
      await expectStatus(c.ask(plain), 206)
      await eventually(async () => (await b.ask(session, address(1))).status === 206, 'Redis responds again')
    } finally {
      if (kind === 'hung') redis.goOn()
    }
  })
})

describe('A node whose Redis has lost everything', () => {
  it('writes back a long list within seconds', async () => {
    await using node = await startNode()
    const listeners = Array.from({ length: 1500 }, (_, index) => `u${index}`)
    for (const listener of listeners) await node.links.revoke({ listener }, { until: 4_000_000_000 })
    await redis.command('FLUSHALL')
    const took = await elapsed(() =>
      eventually(
        async () => (await redis.command('ZCARD', 'ess:{revoked}')) === listeners.length,
        'all entries are in the list',
      ),
    )
    expect(took).toBeLessThan(5000)
  })
})

describe('A node that starts without Redis', () => {
  it('responds with 503 until it is there, and then serves', async () => {
    await redis.stop()
    await using node = await startNode({}, false)
    const url = node.links.signUrl('track1', { expiresIn: 600 })
    const answer = await node.ask(url)
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)])
    // A link that nobody signed needs no list.
    await expectStatus(node.ask(url.replace(/.$/, digit => (digit === '0' ? '1' : '0'))), 403)
    await redis.start()
    const took = await elapsed(() =>
      eventually(async () => (await node.ask(url)).status === 206, 'the node serves'),
    )
    expect(took).toBeLessThan(5000)
  })
})
