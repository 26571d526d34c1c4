/** The adapter of sources keeps the contract of every storage, and describes tracks. */
import { createStreamRouter, SourceError, type TrackSource } from 'express-signed-stream'
import { createRemoteSource } from '../../../src/source/remote/remote-source'
import type { Source } from '../../../src/source/source'
import { describeSource, type HarmedTrack } from '../../support/contract'
import { makeContent, StubStore } from '../../support/stub-store'
import { SECRET, TRACK } from '../../support/tracks'
import { MIB } from './helpers'

function adapt(source: TrackSource): Source {
  return createRemoteSource(source, { cacheBytes: 64 * MIB })
}

/** A track of which nothing but the first bytes can be read once it was struck. */
function harmed(kind: 'truncated' | 'changed' | 'read_error'): HarmedTrack {
  const store = new StubStore({ track1: TRACK })
  let hasStruck = false
  store.pieceBytes = 50_000
  store.beforePiece = () => {
    if (hasStruck) throw new SourceError(kind)
  }
  return {
    source: adapt(store),
    id: 'track1',
    strike() {
      hasStruck = true
    },
  }
}

describe.each([
  ['brings the first bytes', true],
  ['describes only', false],
])('Of a source whose open %s:', (_what, givesPrefix) => {
  describeSource('the adapter', {
    source: () => {
      const store = new StubStore({ track1: TRACK })
      store.givesPrefix = givesPrefix
      return adapt(store)
    },
    content: TRACK,
    unavailable: () => {
      const store = new StubStore()
      store.beforeOpen = () => {
        throw new SourceError('unavailable', { isDenied: true })
      }
      return adapt(store)
    },
    harms: {
      truncated: () => harmed('truncated'),
      changed: () => harmed('changed'),
      read_error: () => harmed('read_error'),
    },
  })
})

describe('describe', () => {
  it('gives size, type, tag, date and name, and leaves nothing open', async () => {
    const lastModified = new Date('2026-01-02T03:04:05.678Z')
    const store = new StubStore({ track1: makeContent(1000) })
    store.change = track => ({ ...track, type: 'audio/x-flac; a=b', lastModified, fileName: 'a.flac' })
    const router = createStreamRouter({ source: store, secret: SECRET })
    expect(await router.describe('track1')).toEqual({
      size: 1000,
      type: 'audio/flac',
      etag: '"v1"',
      lastModified: new Date('2026-01-02T03:04:05Z'),
      fileName: 'a.flac',
    })
    await router.describe('track1')
    expect(store.calls).toHaveLength(1)
    expect(store.live).toBe(0)
  })

  it('has nothing for an id that is none, and for a track that is none', async () => {
    const store = new StubStore()
    const router = createStreamRouter({ source: store, secret: SECRET })
    expect(await router.describe('../a')).toBeUndefined()
    expect(store.calls).toHaveLength(0)
    expect(await router.describe('track1')).toBeUndefined()
    expect(store.calls).toHaveLength(1)
  })

  it('rejects with a coded error if the storage cannot tell', async () => {
    const cause = new Error('the disk of the store')
    const router = createStreamRouter({
      source: {
        open() {
          throw new SourceError('unavailable', { isDenied: true, cause })
        },
      },
      secret: SECRET,
    })
    await expect(router.describe('track1')).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', cause })
  })

  it('rejects with the reason if it is aborted, and asks nothing', async () => {
    const store = new StubStore({ track1: makeContent(1000) })
    const router = createStreamRouter({ source: store, secret: SECRET })
    const reason = new Error('not needed')
    await expect(router.describe('track1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(store.calls).toHaveLength(0)
  })
})
