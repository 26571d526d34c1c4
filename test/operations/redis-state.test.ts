/** The state of links in a real Redis, by the clients that apps have. */
import { redisState } from 'express-signed-stream/redis'
import { linkStateContract } from 'express-signed-stream/testing'
import type { HoldOptions, LinkState, RevocationEntry } from '../../src/links/state/link-state'
import { CLIENTS, type RedisClient } from './redis-clients'
import { startRedisServer, type RedisServer } from './redis-server'
import { eventually } from '../support/eventually'
import { startProxy } from './tcp-proxy'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedisServer()
})
afterAll(() => redis[Symbol.asyncDispose]())

const LIMIT = { limit: 3, seconds: 60 }
const PLACE: HoldOptions = { limit: 1, seconds: 60, onLimit: 'endOldest', isListening: false }
const ADD = { max: 1000, now: 1_700_000_000 }

function entryOf(value: string): RevocationEntry {
  return { kind: 'link', value, before: 1_700_000_000, until: undefined, endsStreams: true }
}

/** One of each operation. */
function operations(state: LinkState): Promise<unknown>[] {
  return [
    state.begin('link', ['a'], LIMIT),
    state.hold('subject', ['a'], PLACE),
    state.revocations.add(entryOf('link'), ADD),
    state.revocations.read(undefined),
    state.streams?.publish('node', ['stream'], 60),
    state.streams?.read(),
  ].map(operation => Promise.resolve(operation))
}

/** Milliseconds. */
async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function expectAllRejected(state: LinkState, message?: RegExp): Promise<void> {
  for (const result of await Promise.allSettled(operations(state))) {
    expect(result.status).toBe('rejected')
    if (message !== undefined && result.status === 'rejected') {
      expect((result.reason as Error).message).toMatch(message)
    }
  }
}

async function untilBack(state: LinkState): Promise<void> {
  await eventually(
    () =>
      Promise.resolve(state.revocations.read(undefined)).then(
        () => true,
        () => false,
      ),
    'Redis responds again',
  )
}

describe.each(CLIENTS)('A state in Redis, by %s,', (_name, connect) => {
  const clients: RedisClient[] = []
  let state: LinkState
  let other: LinkState

  async function makeState(port: number): Promise<LinkState> {
    const client = await connect(port)
    clients.push(client)
    return redisState({ send: client.send })
  }

  beforeAll(async () => {
    state = await makeState(redis.port)
    other = await makeState(redis.port)
  })
  beforeEach(() => redis.command('FLUSHALL'))
  afterAll(() => {
    for (const client of clients) client.close()
  })

  let made = 0
  const tests = linkStateContract({
    make: () => (made++ % 2 === 0 ? state : other),
    forget: () => redis.command('FLUSHALL'),
  })
  for (const { name, run } of tests) test(name, run)

  it('lets exactly 3 of 1000 begin that come at once over two connections', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) =>
        (index % 2 === 0 ? state : other).begin('link', [`key ${index}`], LIMIT),
      ),
    )
    expect(answers.filter(answer => answer === 'begun')).toHaveLength(3)
    expect(answers.filter(answer => answer === 'full')).toHaveLength(997)
  })

  it('keeps nothing longer than it is needed, but revocations', async () => {
    await state.begin('link', ['a'], { limit: 3, seconds: 100 })
    await state.hold('subject', ['a'], { ...PLACE, seconds: 20 })
    await state.hold('subject', ['b'], { ...PLACE, seconds: 20 })
    await state.streams?.publish('node', ['stream'], 10)
    await state.revocations.add(entryOf('link'), ADD)
    const seconds: Record<string, number> = {}
    for (const key of (await redis.command('KEYS', '*')) as string[]) {
      seconds[key] = Number(await redis.command('TTL', key))
    }
    expect(seconds).toEqual({
      'ess:begun:link': expect.closeTo(100, -0.5) as number,
      'ess:{held:subject}': expect.closeTo(20, -0.5) as number,
      'ess:{held:subject}:displaced': expect.closeTo(30, -0.5) as number,
      'ess:{streams}': expect.closeTo(10, -0.5) as number,
      'ess:{streams}:texts': expect.closeTo(10, -0.5) as number,
      'ess:{revoked}': -1,
      'ess:{revoked}:ends': -1,
      'ess:{revoked}:marks': -1,
    })
  })

  it('gives a displaced listener its place back after 30 seconds', async () => {
    await state.hold('subject', ['a'], PLACE)
    await state.hold('subject', ['b'], PLACE)
    const until = Number(await redis.command('ZSCORE', 'ess:{held:subject}:displaced', 'a'))
    expect(Math.abs(until - Date.now() - 30_000)).toBeLessThan(2000)
    // As if they had passed.
    await redis.command('ZADD', 'ess:{held:subject}:displaced', String(Date.now() - 1), 'a')
    expect(await state.hold('subject', ['a'], PLACE)).toBe('held')
    expect(await state.hold('subject', ['b'], PLACE)).toBe('displaced')
  })

  it('gives the rest of a place that lasts to everybody who has one of its keys, except a key that was displaced', async () => {
    await state.hold('subject', ['cookie of the first', 'home'], PLACE)
    await state.hold('subject', ['cookie of the second', 'away'], PLACE)
    // The second comes home, where the first listened.
    expect(await state.hold('subject', ['cookie of the second', 'home'], PLACE)).toBe('held')
    expect(await state.hold('subject', ['cookie of the first', 'home'], PLACE)).toBe('displaced')
    expect(await state.hold('subject', ['home'], PLACE)).toBe('displaced')
  })

  it('removes from Redis what has ended of the list', async () => {
    const now = ADD.now
    for (let index = 0; index < 20; index++) {
      await state.revocations.add({ ...entryOf(`link ${index}`), until: now + index }, { max: 1000, now })
    }
    const { cursor } = await state.revocations.read(undefined)
    await state.revocations.add(entryOf('another'), { max: 1000, now: now + 10 })
    expect(await redis.command('ZCARD', 'ess:{revoked}')).toBe(11)
    expect(await redis.command('ZCARD', 'ess:{revoked}:ends')).toBe(11)
    const page = await state.revocations.read(cursor)
    expect([page.isStart, page.entries.map(({ value }) => value)]).toEqual([false, ['another']])
  })

  it('reads the list from its beginning when more was added than it has marks of', async () => {
    await state.revocations.add(entryOf('first'), ADD)
    const { cursor } = await state.revocations.read(undefined)
    await state.revocations.add(entryOf('second'), ADD)
    await redis.command('ZREMRANGEBYRANK', 'ess:{revoked}:marks', '0', '0')
    const page = await state.revocations.read(cursor)
    expect([page.isStart, page.entries.map(({ value }) => value)]).toEqual([true, ['first', 'second']])
  })

  it('rejects what something else has written there, or another program replies', async () => {
    await redis.command('ZADD', 'ess:{revoked}', '1', '["link","a",1]')
    await expect(state.revocations.read(undefined)).rejects.toThrow('Unexpected reply of Redis: a text')
    await redis.command('SET', 'ess:begun:link', 'text')
    await expect(state.begin('link', ['a'], LIMIT)).rejects.toThrow('WRONGTYPE')
    for (const reply of [
      'OK',
      1,
      null,
      undefined,
      ['begun'],
      [1, 2],
      ['1', '0', '0', '0'],
      {},
      Buffer.from('held'),
    ]) {
      await expectAllRejected(
        redisState({ send: () => Promise.resolve(reply) }),
        /^Unexpected reply of Redis: /,
      )
    }
  })

  it('rejects at once while Redis is stopped, and goes on when it is back, empty', async () => {
    await state.revocations.add(entryOf('link'), ADD)
    const { cursor } = await state.revocations.read(undefined)
    await redis.stop()
    expect(await elapsed(() => expectAllRejected(state))).toBeLessThan(1000)
    await redis.start()
    await untilBack(state)
    expect(await state.revocations.read(cursor)).toMatchObject({ entries: [], isStart: true, hasMore: false })
    expect(await Promise.all(operations(state))).toHaveLength(6)
    await untilBack(other)
  })

  it('rejects every command after 500 ms while Redis hangs, and again and again', async () => {
    redis.hang()
    try {
      for (let again = 0; again < 3; again++) {
        const took = await elapsed(() => expectAllRejected(state, /^Redis did not reply within 500 ms$/))
        expect(took).toBeGreaterThan(450)
        expect(took).toBeLessThan(1500)
      }
    } finally {
      redis.goOn()
    }
    await untilBack(state)
    // What was sent while it hung was counted once.
    expect(await state.begin('link', ['a'], LIMIT)).toBe('known')
    expect(await state.begin('link', ['b'], { ...LIMIT, limit: 1 })).toBe('full')
  })

  it('waits for a Redis that is slow, but not longer than 500 ms', async () => {
    await using proxy = await startProxy(redis.port)
    const slow = await makeState(proxy.port)
    proxy.delay = 200
    expect(await elapsed(() => Promise.all(operations(slow)))).toBeGreaterThan(190)
    proxy.delay = 700
    await expectAllRejected(slow, /^Redis did not reply within 500 ms$/)
    // The late replies belong to nobody, and to no other command.
    proxy.delay = 0
    await untilBack(slow)
    expect(await slow.begin('link', ['a'], LIMIT)).toBe('known')
    expect(await slow.hold('subject', ['a'], PLACE)).toBe('held')
  })
})

describe('A state in two Redis of which one takes over', () => {
  it.each(CLIENTS)(
    'continues with %s, and reads the list again if the last writes were lost',
    async (_name, connect) => {
      await using main = await startRedisServer()
      await using replica = await startRedisServer()
      await using proxy = await startProxy(main.port)
      const client = await connect(proxy.port)
      try {
        const state = redisState({ send: client.send })
        await replica.command('REPLICAOF', '127.0.0.1', String(main.port))
        await eventually(
          async () => String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
          'the replica follows',
        )
        await state.begin('link', ['a'], LIMIT)
        await state.hold('subject', ['a'], PLACE)
        await state.revocations.add(entryOf('first'), ADD)
        const kept = await state.revocations.read(undefined)
        await eventually(
          async () => (await replica.command('ZCARD', 'ess:{revoked}')) === 1,
          'the replica has the entry',
        )
        // What follows does not reach the replica.
        await replica.command('REPLICAOF', 'NO', 'ONE')
        await state.revocations.add(entryOf('second'), ADD)
        await state.revocations.add(entryOf('third'), ADD)
        const lost = await state.revocations.read(kept.cursor)
        expect(lost.entries.map(({ value }) => value)).toEqual(['second', 'third'])
        await main.stop()
        proxy.turnTo(replica.port)
        await untilBack(state)

        // A node that had read what was kept goes on from there.
        expect(await state.revocations.read(kept.cursor)).toMatchObject({ entries: [], isStart: false })
        expect(await state.begin('link', ['a'], LIMIT)).toBe('known')
        expect(await state.hold('subject', ['b'], { ...PLACE, onLimit: 'refuse' })).toBe('full')
        // One that had read more notices, also when as many entries were added since, the last of which is the same.
        await state.revocations.add(entryOf('fourth'), ADD)
        await state.revocations.add(entryOf('third'), ADD)
        const page = await state.revocations.read(lost.cursor)
        expect(page.isStart).toBe(true)
        expect(page.entries.map(({ value }) => value)).toEqual(['first', 'fourth', 'third'])
        const rest = await state.revocations.read(kept.cursor)
        expect([rest.isStart, rest.entries.map(({ value }) => value)]).toEqual([false, ['fourth', 'third']])
      } finally {
        client.close()
      }
    },
  )

  it.each(CLIENTS)(
    'rejects what it cannot write with %s, when the other one is a replica',
    async (_name, connect) => {
      await using main = await startRedisServer()
      const client = await connect(main.port)
      try {
        const state = redisState({ send: client.send })
        await main.command('REPLICAOF', '127.0.0.1', String(redis.port))
        await expect(state.begin('link', ['a'], LIMIT)).rejects.toThrow(/READONLY/)
        await expect(state.hold('subject', ['a'], PLACE)).rejects.toThrow(/READONLY/)
        await expect(state.revocations.add(entryOf('a'), ADD)).rejects.toThrow(/READONLY/)
      } finally {
        client.close()
      }
    },
  )
})
