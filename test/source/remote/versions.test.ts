/** Tracks that are replaced, deleted, or cannot be asked for: what is served then, and for how long. */
import { Buffer } from 'node:buffer'
import { setImmediate as turn } from 'node:timers/promises'
import type { ByteRange } from '../../../src/http/byte-range'
import { createRemoteSource } from '../../../src/source/remote/remote-source'
import type { Source } from '../../../src/source/source'
import { SourceError, type SourceTrack } from 'express-signed-stream'
import { readAll } from '../../support/contract'
import { eventually } from '../../support/eventually'
import { makeContent, makeGate, StubStore, versionsIn } from '../../support/stub-store'
import { requestFor } from '../../support/track-request'
import { MIB, serve } from './helpers'

const SIZE = 600_000
const cancellation = new AbortController()

/** A source at a time that the test sets, in milliseconds. */
interface Timed {
  readonly store: StubStore
  readonly source: Source
  readonly at: (milliseconds: number) => void
  /** The versions of the bytes that a new response gets; `missing`, or the kind of the error. */
  readonly play: (range?: ByteRange) => Promise<readonly number[] | string | undefined>
}

function begin(): Timed {
  const store = new StubStore({ track1: makeContent(SIZE) })
  let time = 0
  const source = createRemoteSource(store, { cacheBytes: 64 * MIB, now: () => time })
  return {
    store,
    source,
    at(milliseconds) {
      time = milliseconds
    },
    async play(range = { first: 0, last: SIZE - 1 }) {
      try {
        const track = await source.open(requestFor('track1'), cancellation)
        if (track === undefined) return 'missing'
        try {
          return versionsIn(await readAll(track.read(range, cancellation)), range.first)
        } finally {
          track.close()
        }
      } catch (error) {
        return (error as SourceError).kind
      }
    },
  }
}

describe('a track that was opened', () => {
  it('is trusted for 10 s, and looked up with what is known after that', async () => {
    const { store, at, play } = begin()
    await play()
    const [first] = store.opens
    expect(first?.context?.known).toBeUndefined()
    at(4999)
    await play()
    expect(store.opens).toHaveLength(1)
    at(10_000)
    await play()
    expect(store.opens).toHaveLength(2)
    expect(store.opens[1]?.context?.known).toMatchObject({ size: SIZE, etag: '"v1"' })
    const { length } = store.calls
    at(14_999)
    await play()
    expect(store.calls).toHaveLength(length)
    expect(store.closed).toBe(0)
  })

  it('is trusted for as long as its source says', async () => {
    const store = new StubStore({ track1: makeContent(SIZE) })
    store.trustFor = 0
    await using server = await serve(store)
    for (let turn = 0; turn < 3; turn++) await server.get('track1', '0-9')
    expect(store.opens).toHaveLength(3)
    expect(store.reads).toHaveLength(0)
  })

  it('stays as it is if a source that does not know `known` describes it again', async () => {
    const { store, at, play } = begin()
    store.knowsKnown = false
    await play()
    const { length } = store.reads
    at(10_000)
    expect(await play()).toEqual([1])
    expect(store.opens).toHaveLength(2)
    expect(store.reads).toHaveLength(length)
    expect([store.opens[1]?.signal.aborted, store.closed, store.live]).toEqual([true, 1, 0])
  })

  it('is replaced by another version, and closed when nobody reads it any more', async () => {
    const { store, source, at, play } = begin()
    await play()
    const old = await source.open(requestFor('track1'), cancellation)
    store.put('track1', makeContent(SIZE, 2))
    at(9999)
    expect(await play()).toEqual([1])
    at(10_000)
    expect(await play()).toEqual([2])
    expect(store.closed).toBe(0)
    const bytes = old && (await readAll(old.read({ first: 0, last: SIZE - 1 }, cancellation)))
    expect(bytes && versionsIn(bytes, 0)).toEqual([1])
    old?.close()
    expect(store.closed).toBe(1)
  })

  it('is served as the new version as soon as a read has found that it has changed', async () => {
    const { store, play } = begin()
    expect(await play({ first: 0, last: 99 })).toEqual([1])
    store.put('track1', makeContent(SIZE, 2))
    store.beforePiece = ({ operation }) => {
      if (operation === 'read') throw new SourceError('changed')
    }
    expect(await play({ first: 550_000, last: 550_099 })).toBe('changed')
    store.beforePiece = undefined
    expect(await play({ first: 0, last: 99 })).toEqual([2])
    expect(store.reads).toHaveLength(1)
  })

  it('is opened once more for a client that finds it changed, without a refusal', async () => {
    const store = new StubStore({ track1: makeContent(SIZE) })
    await using server = await serve(store)
    await server.get('track1', '0-9')
    store.put('track1', makeContent(SIZE, 2))
    let hasChanged = false
    store.beforePiece = ({ operation }) => {
      if (operation === 'open' || hasChanged) return
      hasChanged = true
      throw new SourceError('changed')
    }
    const answer = await server.get('track1', '550000-550099')
    expect([answer.status, answer.headers.etag, versionsIn(answer.body, 550_000)]).toEqual([206, '"v2"', [2]])
  })

  it('is not found once it is deleted', async () => {
    const { store, at, play } = begin()
    await play()
    store.remove('track1')
    at(10_000)
    expect(await play()).toBe('missing')
    expect(store.closed).toBe(1)
  })
})

describe('a track that is in use for half of the time for which it is trusted', () => {
  it('is looked up once in the background, and served meanwhile', async () => {
    const { store, at, play } = begin()
    await play()
    const gate = makeGate()
    store.beforeOpen = () => gate.passed
    at(5000)
    for (let turn = 0; turn < 3; turn++) expect(await play()).toEqual([1])
    expect(store.opens).toHaveLength(2)
    expect(store.opens[1]?.context?.known).toMatchObject({ size: SIZE, etag: '"v1"' })
    gate.open()
    await settled(store)
    at(9999)
    expect(await play()).toEqual([1])
    expect(store.opens).toHaveLength(2)
    at(10_000)
    store.beforeOpen = () => makeGate().passed
    expect(await play()).toEqual([1])
    expect(store.opens).toHaveLength(3)
  })

  it('is served as the new version as soon as that was found', async () => {
    const { store, at, play } = begin()
    await play()
    store.put('track1', makeContent(SIZE, 2))
    at(5000)
    expect(await play()).toEqual([1])
    await settled(store)
    expect(await play()).toEqual([2])
    expect(store.closed).toBe(1)
  })

  it('is not found once the background has found that it is deleted', async () => {
    const { store, at, play } = begin()
    await play()
    store.remove('track1')
    at(5000)
    expect(await play()).toEqual([1])
    await settled(store)
    expect(await play()).toBe('missing')
  })

  it('is not served any more once the background was denied access', async () => {
    const { store, at, play } = begin()
    await play()
    store.beforeOpen = () => {
      throw new SourceError('unavailable', { isDenied: true })
    }
    at(5000)
    expect(await play()).toEqual([1])
    await settled(store)
    expect(await play()).toBe('unavailable')
    expect(store.closed).toBe(1)
  })

  it('is trusted no longer than before if the background finds that the storage fails', async () => {
    const { store, at, play } = begin()
    await play()
    store.beforeOpen = () => {
      throw coded('ECONNRESET')
    }
    at(9000)
    expect(await play()).toEqual([1])
    await settled(store)
    at(9999)
    expect(await play()).toEqual([1])
    expect(store.opens).toHaveLength(2)
    store.beforeOpen = undefined
    store.put('track1', makeContent(SIZE, 2))
    at(10_000)
    expect(await play()).toEqual([2])
  })

  it('waits for its storage after a quiet minute', async () => {
    const { store, at, play } = begin()
    await play()
    store.put('track1', makeContent(SIZE, 2))
    at(60_000)
    expect(await play()).toEqual([2])
  })

  it('leaves connections to listeners: four tracks are looked up at a time', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `track${index}`)
    const store = new StubStore(Object.fromEntries(names.map(name => [name, makeContent(1000)])))
    let time = 0
    const source = createRemoteSource(store, { cacheBytes: 64 * MIB, now: () => time })
    async function openAll(): Promise<void> {
      for (const name of names) {
        const track = await source.open(requestFor(name), cancellation)
        track?.close()
      }
    }
    await openAll()
    const gate = makeGate()
    store.beforeOpen = () => gate.passed
    time = 5000
    await openAll()
    await openAll()
    expect(store.opens).toHaveLength(24)
    gate.open()
    await settled(store)
    store.beforeOpen = () => makeGate().passed
    await openAll()
    expect(store.opens).toHaveLength(28)
  })
})

/** Resolves when no call of the storage is in progress, and its result is known. */
async function settled({ calls }: StubStore): Promise<void> {
  await eventually(() => calls.every(({ isLive }) => !isLive), 'the storage has responded')
  await turn()
}

it('remembers for a second that there is no such track', async () => {
  const { store, at, play } = begin()
  store.remove('track1')
  expect(await play()).toBe('missing')
  store.put('track1', makeContent(SIZE, 2))
  at(999)
  expect(await play()).toBe('missing')
  expect(store.opens).toHaveLength(1)
  at(1000)
  expect(await play()).toEqual([2])
})

/** An error of the system or of undici. */
function coded(code: string): Error {
  return Object.assign(new Error(code), { code })
}

const FETCH_FAILED = Object.assign(new TypeError('fetch failed'), { cause: coded('UND_ERR_CONNECT_TIMEOUT') })
const ENDLESS = new Error('its own cause')
ENDLESS.cause = ENDLESS

describe('a known track that cannot be looked up', () => {
  it.each<[string, Error]>([
    ['unavailable', new SourceError('unavailable')],
    ['ECONNRESET', coded('ECONNRESET')],
    ['EAI_AGAIN', coded('EAI_AGAIN')],
    ['of fetch, with a cause', FETCH_FAILED],
  ])('is served for 60 s more, and asked for every 5 s: %s', async (_what, error) => {
    const { store, at, play } = begin()
    await play()
    store.beforeOpen = () => {
      throw error
    }
    const asked: number[] = []
    for (let second = 10; second < 70; second++) {
      const { length } = store.opens
      at(second * 1000)
      expect([second, await play({ first: 0, last: 99 })]).toEqual([second, [1]])
      if (store.opens.length > length) asked.push(second)
    }
    expect(asked).toEqual([10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65])
    at(70_000)
    expect(await play()).toBe('unavailable')
    store.beforeOpen = undefined
    expect(await play()).toEqual([1])
  })

  it('is not served for longer because it was requested shortly before the end', async () => {
    const { store, at, play } = begin()
    await play()
    store.beforeOpen = () => {
      throw new SourceError('unavailable', { retryAfter: 60 })
    }
    at(69_999)
    expect(await play()).toEqual([1])
    at(70_000)
    expect(await play()).toBe('unavailable')
  })

  it('is served when a lookup takes too long', async () => {
    const store = new StubStore({ track1: makeContent(SIZE) })
    store.timeouts = { firstByte: 50 }
    let time = 0
    const source = createRemoteSource(store, { cacheBytes: 0, now: () => time })
    const track = await source.open(requestFor('track1'), cancellation)
    track?.close()
    time = 10_000
    store.beforeOpen = () => makeGate().passed
    const stale = await source.open(requestFor('track1'), cancellation)
    expect(stale?.representation.etag).toBe('"v1"')
    stale?.close()
    expect(store.opens).toHaveLength(2)
    expect(store.live).toBe(0)
  })

  it.each<[string, Error]>([
    ['denied', new SourceError('unavailable', { isDenied: true })],
    ['permanent', new SourceError('unavailable', { isPermanent: true })],
    ['denied by the system', coded('EACCES')],
    ['unknown', new Error('a mistake')],
    ['unknown, and its own cause', ENDLESS],
    ['that it has changed', new SourceError('changed')],
  ])('is not served if the error is %s, also while somebody has it', async (_what, error) => {
    const { store, source, at, play } = begin()
    const opened = await source.open(requestFor('track1'), cancellation)
    store.beforeOpen = () => {
      throw error
    }
    at(10_000)
    expect(['unavailable', 'changed']).toContain(await play())
    opened?.close()
  })

  it('is forgotten once access is denied', async () => {
    const { store, at, play } = begin()
    await play()
    at(10_000)
    store.beforeOpen = () => {
      throw new SourceError('unavailable', { isDenied: true })
    }
    expect(await play()).toBe('unavailable')
    store.beforeOpen = () => {
      throw new SourceError('unavailable', { retryAfter: 60 })
    }
    expect(await play()).toBe('unavailable')
    expect(store.closed).toBe(1)
  })

  it('is tried again as an unknown one is, when it is too old to be served', async () => {
    const { store, at, play } = begin()
    await play()
    at(3_600_000)
    store.beforeOpen = () => {
      if (store.opens.length === 2) throw coded('ECONNRESET')
    }
    expect(await play()).toEqual([1])
    expect(store.opens).toHaveLength(3)
  })

  it('is served soon however many tracks cannot be looked up at the same time', async () => {
    const names = Array.from({ length: 640 }, (_, index) => `track${index}`)
    const store = new StubStore(Object.fromEntries(names.map(name => [name, Buffer.alloc(100)])))
    store.timeouts = { firstByte: 200, total: 2500 }
    // More of such tracks are known.
    store.change = track => ({ ...track, close: undefined }) as unknown as SourceTrack
    let time = 0
    const source = createRemoteSource(store, { cacheBytes: 0, now: () => time })
    async function openAll(): Promise<number> {
      const tracks = await Promise.all(
        names.map(async name => source.open(requestFor(name), new AbortController())),
      )
      for (const track of tracks) track?.close()
      return tracks.filter(track => track !== undefined).length
    }
    expect(await openAll()).toBe(640)
    time = 10_000
    store.beforeOpen = () => makeGate().passed
    expect(await openAll()).toBe(640)
    await eventually(() => store.live === 0, 'every lookup has ended')
  })
})
