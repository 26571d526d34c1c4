/** How a track is opened, whatever the store responds with. */
import { eventually } from '../../support/eventually'
import { startFakeStore, type FakeStore, type Fault } from '../../support/fake-store'
import { contentOf, failureOf, openKnown, openTrack, readPrefix, readRange } from './ranged'
import { SOURCES } from './ranged-faces'

const KIB = 1024
const bytes = contentOf(300 * KIB)

describe.each(SOURCES)('%s opens a track', (_name, makeSource) => {
  let store: FakeStore

  beforeEach(async () => {
    store = await startFakeStore()
    store.put('song.mp3', bytes)
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
  })

  it('and returns the one that it knows if the store responds with 304', async () => {
    const etag = store.put('song.mp3', bytes)
    const source = makeSource(store)
    const known = await openKnown(source, 'song')
    await readPrefix(known)
    expect(await openTrack(source, 'song', { known })).toBe(known)
    expect(store.requests[1]?.headers['if-none-match']).toBe(etag)
    expect(store.count()).toBe(2)
  })

  it('and describes the new version if the object was replaced', async () => {
    const source = makeSource(store)
    const known = await openKnown(source, 'song')
    await readPrefix(known)
    const etag = store.put('song.mp3', bytes.subarray(1000))
    const track = await openKnown(source, 'song', { known })
    expect(track).toMatchObject({ size: 300 * KIB - 1000, etag })
    expect((await readPrefix(track))?.equals(bytes.subarray(1000, 1100))).toBe(true)
  })

  it('that it does not know by a request without a condition', async () => {
    const stranger = { size: 1, type: 'audio/mpeg', etag: '"1"', read: () => [] as never }
    expect(await openKnown(makeSource(store), 'song', { known: stranger })).toMatchObject({ size: 300 * KIB })
    expect(store.requests[0]?.headers['if-none-match']).toBeUndefined()
  })

  it.each([
    ['a suffix', { first: -1000 }, 300 * KIB - 1000, 300 * KIB - 1],
    ['a suffix that is longer than the object', { first: -400 * KIB }, 0, 300 * KIB - 1],
    ['an open end', { first: 299 * KIB }, 299 * KIB, 300 * KIB - 1],
    ['an end beyond that of the object', { first: 5, last: 1e9 }, 5, 300 * KIB - 1],
  ])('with %s as the first bytes', async (_what, want, first, last) => {
    const track = await openKnown(makeSource(store), 'song', { want })
    expect(track.prefix).toMatchObject({ first, last })
    expect((await readPrefix(track))?.equals(bytes.subarray(first, last + 1))).toBe(true)
    expect(store.count()).toBe(1)
  })

  it('from its beginning if the wanted bytes lie beyond its end, without HEAD', async () => {
    const track = await openKnown(makeSource(store), 'song', { want: { first: 400 * KIB, last: 500 * KIB } })
    expect(track).toMatchObject({ size: 300 * KIB, prefix: { first: 0, last: 256 * KIB - 1 } })
    expect([store.count('GET'), store.count('HEAD')]).toEqual([2, 0])
    track.close?.()
  })

  it.each([
    ['the beginning', { first: 0, last: 99 }, 1],
    ['a suffix', { first: -99 }, 1],
    ['a later position', { first: 1000, last: 1099 }, 2],
  ])('that is empty, by one HEAD after %s', async (_what, want, gets) => {
    const etag = store.put('empty.mp3', Buffer.alloc(0))
    const track = await openKnown(makeSource(store), 'empty', { want })
    expect(track).toMatchObject({ size: 0, etag, type: 'audio/mpeg' })
    expect(track.prefix).toBeUndefined()
    expect([store.count('GET'), store.count('HEAD')]).toEqual([gets, 1])
    expect(store.busySockets()).toBe(0)
  })

  it('that got content between 416 and HEAD, without first bytes', async () => {
    store.put('empty.mp3', Buffer.alloc(0))
    store.faults.push(undefined, { before: () => store.put('empty.mp3', bytes) })
    const track = await openKnown(makeSource(store), 'empty')
    expect(track).toMatchObject({ size: 300 * KIB })
    expect(track.prefix).toBeUndefined()
    expect((await readRange(track, 7, 9)).equals(bytes.subarray(7, 10))).toBe(true)
  })

  it('of at most 256 KiB that a store without ranges sends whole', async () => {
    store.put('small.mp3', bytes.subarray(0, 256 * KIB))
    store.everyFault = { ignoresRange: true }
    const track = await openKnown(makeSource(store), 'small', { want: { first: 1000, last: 1099 } })
    expect(track).toMatchObject({ size: 256 * KIB, prefix: { first: 0, last: 256 * KIB - 1 } })
    expect((await readPrefix(track))?.equals(bytes.subarray(0, 256 * KIB))).toBe(true)
    expect((await readRange(track, 131000, 131999)).equals(bytes.subarray(131000, 132000))).toBe(true)
    expect((await readRange(track, 0, 0)).equals(bytes.subarray(0, 1))).toBe(true)
  })

  it('without a date that no client could use', async () => {
    store.put('song.mp3', bytes, { lastModified: new Date('1900-01-01T00:00:00Z') })
    const track = await openKnown(makeSource(store), 'song')
    expect([track.size, track.lastModified]).toEqual([300 * KIB, undefined])
  })

  it.each<[string, Fault, string]>([
    [
      'a larger object that comes whole',
      { ignoresRange: true },
      'ignores Range: it responded with 200 with all 307200 bytes',
    ],
    ['200 without a size', { ignoresRange: true, surplus: 1 }, 'does not say how many bytes'],
    ['no entity tag', { headers: { etag: undefined, 'last-modified': undefined } }, 'no strong validator'],
    ['a weak entity tag', { headers: { etag: 'W/"1"' } }, 'no strong validator'],
    ['an entity tag without quotes', { headers: { etag: 'abc' } }, 'no strong validator'],
    ['an entity tag that is empty', { headers: { etag: '""' } }, 'no strong validator'],
    ['an entity tag that is not ASCII', { headers: { etag: '"\xe9"' } }, 'no strong validator'],
    ['compressed content', { headers: { 'content-encoding': 'gzip' } }, 'Content-Encoding "gzip"'],
    ['206 without Content-Range', { headers: { 'content-range': undefined } }, 'Content-Range ""'],
    [
      '206 of a range that was not asked for',
      { headers: { 'content-range': 'bytes 1-100/307200' } },
      'for bytes=0-99',
    ],
    [
      '206 of an unknown size',
      { headers: { 'content-range': 'bytes 0-99/*' } },
      'Content-Range "bytes 0-99/*"',
    ],
    [
      '206 beyond the size',
      { headers: { 'content-range': 'bytes 0-99/50' } },
      'Content-Range "bytes 0-99/50"',
    ],
    ['304 without a condition', { status: 304 }, '304 to a request without a condition'],
    ['412 without a condition', { status: 412, code: 'PreconditionFailed' }, '412 to a request without'],
  ])('but refuses %s, and says why', async (_what, fault, cause) => {
    // A body that does not end holds its connection until the source frees it.
    store.everyFault = { stallAfter: 1, ...fault }
    const failure = await failureOf(openTrack(makeSource(store), 'song'))
    expect(failure).toMatchObject({ kind: 'unavailable', isDenied: false, isPermanent: true })
    expect(failure.causes).toContain(cause)
    await eventually(() => store.busySockets() === 0, 'no response of the store is in progress')
  })

  it.each<[string, Fault, { retryAfter?: number | undefined; isDenied: boolean }]>([
    ['500', { status: 500, code: 'InternalError' }, { retryAfter: undefined, isDenied: false }],
    [
      '503 with Retry-After',
      { status: 503, code: 'SlowDown', headers: { 'retry-after': '7' } },
      { retryAfter: 7, isDenied: false },
    ],
    [
      '429 with Retry-After',
      { status: 429, code: 'TooManyRequests', headers: { 'retry-after': '1' } },
      { retryAfter: 1, isDenied: false },
    ],
    ['401', { status: 401, code: 'Unauthorized' }, { isDenied: true }],
    ['403', { status: 403, code: 'AccessDenied' }, { isDenied: true }],
    ['a reset', { isReset: true }, { isDenied: false }],
  ])('not while the store responds with %s', async (_what, fault, expected) => {
    store.everyFault = fault
    expect(await failureOf(openTrack(makeSource(store), 'song'))).toMatchObject({
      kind: 'unavailable',
      isPermanent: expected.isDenied,
      ...expected,
    })
  })

  it('not, and says so at once, if nobody listens', async () => {
    const source = makeSource(store)
    await store[Symbol.asyncDispose]()
    expect(await failureOf(openTrack(source, 'song'))).toMatchObject({ kind: 'unavailable', isDenied: false })
    store = await startFakeStore()
  })
})
