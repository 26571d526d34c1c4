/** Calls of a source that fail: when they are made again, and what a client sees. */
import { SourceError } from 'express-signed-stream'
import { MAX_ATTEMPTS, Retries } from '../../../src/source/remote/retries'
import { WrongAnswer } from '../../../src/source/remote/wrong-answer'
import { eventsOf } from '../../support/events'
import { makeContent, StubStore, type StoreCall } from '../../support/stub-store'
import { causesOf, KIB, MIB, sameBytes, serve } from './helpers'

const CONTENT = makeContent(MIB)

function track(): StubStore {
  return new StubStore({ track1: CONTENT })
}

/** A hook that throws `error` in the first `times` calls of it. */
function failing(times: number, error: Error): () => void {
  let left = times
  return () => {
    if (left-- > 0) throw error
  }
}

const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })

describe('a body that ends early', () => {
  it.each([
    ['with an error', () => Promise.reject(RESET)],
    ['with an error of the source', () => Promise.reject(new SourceError('read_error'))],
  ])('%s goes on at the exact byte', async (_what, cut) => {
    const store = track()
    store.pieceBytes = 10_000
    await using server = await serve(store)
    await server.get('track1', '0-1')
    let isCut = false
    store.beforePiece = (_call, position) => {
      if (position < 262_144 + 100_000 || isCut) return undefined
      isCut = true
      return cut()
    }
    const answer = await server.get('track1', '262144-786431')
    expect(sameBytes(answer.body, CONTENT.subarray(262_144, 786_432))).toBe(true)
    expect(store.reads.map(({ first, last }) => [first, last])).toEqual([
      [262_144, 786_431],
      [362_144, 786_431],
    ])
    expect(store.reads[0]?.signal.aborted).toBe(true)
  })

  it('short, without an error, goes on at the exact byte', async () => {
    const store = track()
    store.change = known => ({
      ...known,
      read: ({ first, last }, context) =>
        known.read({ first, last: Math.min(last, first + 99_999) }, context),
    })
    await using server = await serve(store)
    await server.get('track1', '0-1')
    const answer = await server.get('track1', '262144-524287')
    expect(sameBytes(answer.body, CONTENT.subarray(262_144, 524_288))).toBe(true)
    expect(store.reads.map(({ first }) => first)).toEqual([262_144, 362_144, 462_144])
  })

  it('three times ends the response before its last byte, and says why', async () => {
    const [completions, fetches] = [eventsOf('completion'), eventsOf('fetch')]
    const store = track()
    store.beforePiece = (_call, position) => {
      if (position >= 512 * KIB) throw RESET
    }
    await using server = await serve(store)
    await expect(server.get('track1')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(completions).toMatchObject([{ outcome: 'read_error', cause: RESET }])
    expect(fetches.filter(({ outcome }) => outcome === 'failed').map(({ attempt }) => attempt)).toEqual([
      1, 2, 3,
    ])
    expect(store.live).toBe(0)
  })

  it('before the first byte, three times: 503, and the next request is served', async () => {
    const refusals = eventsOf('refusal')
    const store = track()
    await using server = await serve(store)
    await server.get('track1', '0-1')
    store.beforePiece = failing(3, RESET)
    const answer = await server.get('track1', '600000-600009')
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
    expect(refusals.map(({ cause }) => cause)).toEqual([RESET])
    expect((await server.get('track1', '600000-600009')).status).toBe(206)
  })

  it('in the prefix is read by those who wait for it', async () => {
    const store = track()
    let isCut = false
    store.beforePiece = ({ operation }, position) => {
      if (position < 100_000 || operation === 'read' || isCut) return
      isCut = true
      throw RESET
    }
    await using server = await serve(store)
    const answer = await server.get('track1', '0-262143')
    expect(sameBytes(answer.body, CONTENT.subarray(0, 262_144))).toBe(true)
    expect(store.reads).toHaveLength(1)
  })
})

describe('an open that fails', () => {
  it('twice works the third time', async () => {
    const store = track()
    store.beforeOpen = failing(2, new SourceError('unavailable'))
    await using server = await serve(store)
    expect((await server.get('track1', '0-9')).status).toBe(206)
    expect(store.opens).toHaveLength(3)
  })

  it('three times is a 503, and its message stays in the log', async () => {
    const refusals = eventsOf('refusal')
    const store = track()
    store.beforeOpen = failing(3, new Error('the password of the store'))
    await using server = await serve(store)
    const answer = await server.get('track1', '0-9')
    expect([answer.status, answer.body.toString()]).toEqual([503, 'Service indisponible'])
    expect(causesOf(refusals)).toEqual(['Error: the password of the store'])
    expect(store.opens).toHaveLength(3)
  })

  it.each<[string, () => never]>([
    [
      'because access is denied',
      () => {
        throw new SourceError('unavailable', { isDenied: true, cause: 'a policy' })
      },
    ],
    [
      'because the storage wants a longer pause',
      () => {
        throw new SourceError('unavailable', { retryAfter: 6, cause: 'a policy' })
      },
    ],
  ])('%s is not tried again', async (_what, fail) => {
    const refusals = eventsOf('refusal')
    const store = track()
    store.beforeOpen = fail
    await using server = await serve(store)
    expect((await server.get('track1', '0-9')).status).toBe(503)
    expect(store.opens).toHaveLength(1)
    expect(causesOf(refusals)).toEqual(['a policy'])
  })

  it('passes a longer pause to the client', async () => {
    const store = track()
    store.beforeOpen = failing(9, new SourceError('unavailable', { retryAfter: 17 }))
    await using server = await serve(store)
    expect((await server.get('track1')).headers['retry-after']).toBe('17')
  })

  it('waits for as long as the storage wants', async () => {
    const store = track()
    const times: number[] = []
    store.beforeOpen = () => {
      times.push(performance.now())
      if (times.length === 1) throw new SourceError('unavailable', { retryAfter: 0.5 })
    }
    await using server = await serve(store)
    expect((await server.get('track1', '0-9')).status).toBe(206)
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(490)
  })

  it.each([NaN, -5, 'soon' as never])('does not care for a pause of %s', async retryAfter => {
    const store = track()
    store.beforeOpen = failing(1, new SourceError('unavailable', { retryAfter }))
    await using server = await serve(store)
    expect((await server.get('track1', '0-9')).status).toBe(206)
  })
})

async function rejected(error: unknown): Promise<never> {
  await Promise.resolve()
  throw error
}

describe('a source that throws', () => {
  const sources: [string, unknown][] = [
    ['a SourceError', new SourceError('unavailable', { cause: 'the log has it' })],
    ['an error', new Error('the log has it')],
    ['undefined', undefined],
  ]
  const manners = ['at once', 'as a rejection'] as const

  describe.each(manners)('%s', manner => {
    function fail(error: unknown): never {
      if (manner === 'as a rejection') return rejected(error) as never
      throw error
    }

    it.each(sources)('from open: 503, for %s', async (_what, error) => {
      await using server = await serve({ open: () => fail(error) })
      expect((await server.get('track1')).status).toBe(503)
    })

    it.each(sources)('from locate: 503, for %s', async (_what, error) => {
      const store = track()
      store.locate = () => fail(error)
      await using server = await serve(store)
      expect((await server.get('track1')).status).toBe(503)
      expect(store.calls).toHaveLength(0)
    })

    it.each(sources)('from read: 503, and nothing that ends the process, for %s', async (_what, error) => {
      const rejections: unknown[] = []
      function note(reason: unknown): void {
        rejections.push(reason)
      }
      process.on('unhandledRejection', note)
      const store = track()
      store.change = known => ({ ...known, read: () => fail(error) })
      await using server = await serve(store)
      expect((await server.get('track1', '600000-')).status).toBe(206)
      expect((await server.get('track1', '0-')).status).toBe(503)
      await new Promise(setImmediate)
      process.off('unhandledRejection', note)
      expect(rejections).toEqual([])
    })
  })
})

describe('the rules', () => {
  const error = new SourceError('unavailable')

  it('allow ten retries before any read has succeeded, and then one in ten reads', () => {
    const retries = new Retries(() => 0.5)
    const delays = Array.from({ length: 11 }, () => retries.delayAfter(error, 1))
    expect(delays).toEqual([...new Array<number>(10).fill(50), undefined])
    for (let read = 0; read < 9; read++) retries.noteRead()
    expect(retries.delayAfter(error, 1)).toBeUndefined()
    retries.noteRead()
    retries.noteRead()
    expect(retries.delayAfter(error, 1)).toBe(50)
    expect(retries.delayAfter(error, 1)).toBeUndefined()
  })

  it('keep no more than ten retries for later', () => {
    const retries = new Retries(() => 0)
    for (let read = 0; read < 1000; read++) retries.noteRead()
    const delays = Array.from({ length: 12 }, () => retries.delayAfter(error, 1))
    expect(delays.filter(delay => delay !== undefined)).toHaveLength(10)
  })

  it.each<[string, unknown, number, number | undefined]>([
    ['the first failure', error, 1, 100],
    ['the second', error, 2, 200],
    ['the last', error, MAX_ATTEMPTS, undefined],
    ['a network error', RESET, 1, 100],
    ['undefined', undefined, 1, 100],
    ['a version that is gone', new SourceError('changed'), 1, undefined],
    ['a track that is too short', new SourceError('truncated'), 1, undefined],
    ['a denial', new SourceError('read_error', { isDenied: true }), 1, undefined],
    ['a permanent fault', new SourceError('unavailable', { isPermanent: true }), 1, undefined],
    ['a pause of 5 s', new SourceError('unavailable', { retryAfter: 5 }), 1, 5000],
    ['a longer pause', new SourceError('unavailable', { retryAfter: 5.1 }), 1, undefined],
    ['a wrong answer', new WrongAnswer('open must return a track', 5), 1, undefined],
  ])('wait after %s', (_what, failure, attempt, delay) => {
    expect(new Retries(() => 1).delayAfter(failure, attempt)).toBe(delay)
  })

  it('are shared by all tracks: a storage that is down gets few retries', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `track${index}`)
    const store = new StubStore(Object.fromEntries(names.map(name => [name, CONTENT])))
    const attempts = new Map<string, number>()
    store.beforeOpen = ({ key }: StoreCall) => {
      attempts.set(key, (attempts.get(key) ?? 0) + 1)
      throw error
    }
    await using server = await serve(store)
    const answers = await Promise.all(names.map(name => server.get(name)))
    expect(answers.every(({ status }) => status === 503)).toBe(true)
    expect(store.opens.length).toBeLessThanOrEqual(30 + 10 + 3)
  })
})
