/** What both sources of ranges do, over a store that behaves. */
import { contentOf, openKnown, openTrack, readPrefix, readRange } from './ranged'
import { SOURCES } from './ranged-faces'
import { startFakeStore, type FakeStore } from '../../support/fake-store'

describe.each(SOURCES)('%s', (_name, makeSource) => {
  const KIB = 1024
  const bytes = contentOf(600 * KIB)
  let store: FakeStore

  beforeEach(async () => {
    store = await startFakeStore()
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
  })

  it('opens a track by one GET, which brings the first bytes', async () => {
    const etag = store.put('song.mp3', bytes)
    const track = await openKnown(makeSource(store), 'song', { want: { first: 0, last: 256 * KIB - 1 } })
    expect(track).toMatchObject({
      size: 600 * KIB,
      type: 'audio/mpeg',
      etag,
      prefix: { first: 0, last: 262143 },
    })
    expect(track.lastModified).toEqual(new Date('2026-01-02T03:04:05Z'))
    expect((await readPrefix(track))?.equals(bytes.subarray(0, 256 * KIB))).toBe(true)
    expect(store.requests.map(({ method, headers }) => [method, headers.range])).toEqual([
      ['GET', 'bytes=0-262143'],
    ])
  })

  it('reads exactly the bytes that are requested, of the version that was opened', async () => {
    const etag = store.put('song.mp3', bytes)
    const track = await openKnown(makeSource(store), 'song')
    await readPrefix(track)
    for (const [first, last] of [
      [0, 0],
      [614399, 614399],
      [65535, 65536],
      [0, 614399],
    ] as const) {
      expect((await readRange(track, first, last)).equals(bytes.subarray(first, last + 1))).toBe(true)
    }
    expect(store.requests.slice(1).map(({ headers }) => headers['if-match'])).toEqual([
      etag,
      etag,
      etag,
      etag,
    ])
  })

  it('finds no track for an id without an object', async () => {
    expect(await openTrack(makeSource(store), 'none')).toBeUndefined()
  })
})
