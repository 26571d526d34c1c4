/** How ranges of an open track are read: the right bytes of one version, or a failure. */
import { setMaxListeners } from 'node:events'
import { eventually } from '../../support/eventually'
import { startFakeStore, type FakeStore, type Fault } from '../../support/fake-store'
import type { SourceTrack, TrackSource } from '../../../src/source/track-source'
import { contentOf, join, openKnown, readPrefix, readRange, readUntilFailure } from './ranged'
import { SOURCES } from './ranged-faces'

const KIB = 1024
const bytes = contentOf(600 * KIB)
const others = contentOf(600 * KIB, 2)

describe.each(SOURCES)('%s', (_name, makeSource) => {
  let store: FakeStore
  let source: TrackSource
  let track: SourceTrack

  beforeEach(async () => {
    store = await startFakeStore()
    store.put('song.mp3', bytes)
    source = makeSource(store)
    track = await openKnown(source, 'song')
    await readPrefix(track)
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
  })

  function read(
    first: number,
    last: number,
    signal = new AbortController().signal,
  ): AsyncIterable<Uint8Array> {
    return track.read({ first, last }, { signal })
  }
  async function noBusySocket(): Promise<void> {
    await eventually(() => store.busySockets() === 0, 'no response of the store is in progress')
  }

  it.each<[string, () => unknown, Fault, string]>([
    ['the object was replaced', () => store.put('song.mp3', others), {}, 'changed'],
    [
      'it was replaced, and the store ignores conditions',
      () => store.put('song.mp3', others),
      { ignoresConditions: true },
      'changed',
    ],
    [
      'it was replaced by a shorter one, and the store ignores conditions',
      () => store.put('song.mp3', others.subarray(0, 1000)),
      { ignoresConditions: true },
      'changed',
    ],
    [
      'it is longer under the same tag',
      () => store.put('song.mp3', Buffer.concat([bytes, others]), { etag: track.etag }),
      {},
      'changed',
    ],
    ['the store sends another tag', () => undefined, { headers: { etag: '"other"' } }, 'changed'],
    [
      'it was deleted',
      () => {
        store.remove('song.mp3')
      },
      {},
      'truncated',
    ],
    [
      'the store sends no tag',
      () => undefined,
      { headers: { etag: undefined, 'last-modified': undefined } },
      'read_error',
    ],
    ['the store sends a weak tag', () => undefined, { headers: { etag: 'W/"1"' } }, 'read_error'],
    [
      'the store sends another range',
      () => undefined,
      { headers: { 'content-range': 'bytes 0-199999/614400' } },
      'read_error',
    ],
    [
      'the store sends less than asked',
      () => undefined,
      { headers: { 'content-range': 'bytes 100000-199999/614400' } },
      'read_error',
    ],
    ['the store sends no range', () => undefined, { headers: { 'content-range': undefined } }, 'read_error'],
    ['the store ignores ranges', () => undefined, { ignoresRange: true }, 'read_error'],
    ['the store compresses', () => undefined, { headers: { 'content-encoding': 'gzip' } }, 'read_error'],
    ['the store responds with 304', () => undefined, { status: 304 }, 'read_error'],
    ['the store fails', () => undefined, { status: 500, code: 'InternalError' }, 'read_error'],
    ['the store closes the connection', () => undefined, { isReset: true }, 'read_error'],
  ])('gives no byte if %s', async (_what, change, fault, kind) => {
    change()
    // A body that does not end holds its connection until the source frees it.
    store.everyFault = { stallAfter: 1, ...fault }
    const [given, failure] = await readUntilFailure(read(100000, 300000))
    expect([given.length, failure.kind]).toEqual([0, kind])
    await noBusySocket()
  })

  it.each<[string, Fault, boolean]>([
    ['ignores ranges', { ignoresRange: true }, true],
    ['compresses', { headers: { 'content-encoding': 'gzip' } }, true],
    ['fails', { status: 500, code: 'InternalError' }, false],
    ['breaks off', { cutAfter: 10 }, false],
  ])('says whether another attempt is of use if the store %s', async (_what, fault, isPermanent) => {
    store.everyFault = fault
    const [, failure] = await readUntilFailure(read(100000, 300000))
    expect(failure).toMatchObject({ kind: 'read_error', isPermanent })
  })

  it('passes on what the store says about a retry', async () => {
    store.faults.push({ status: 503, code: 'SlowDown', headers: { 'retry-after': '3' } })
    const [, failure] = await readUntilFailure(read(0, 99))
    expect(failure).toMatchObject({ kind: 'read_error', retryAfter: 3, isDenied: false })
  })

  it('says that access is denied', async () => {
    store.faults.push({ status: 403, code: 'AccessDenied' })
    const [, failure] = await readUntilFailure(read(0, 99))
    expect(failure).toMatchObject({ kind: 'read_error', isDenied: true })
  })

  it('never mixes versions if the object is replaced between two reads', async () => {
    const begin = await readRange(track, 0, 299999)
    store.put('song.mp3', others)
    const [given, failure] = await readUntilFailure(read(300000, 614399))
    expect(begin.equals(bytes.subarray(0, 300000))).toBe(true)
    expect([given.length, failure.kind]).toEqual([0, 'changed'])
  })

  it.each<[string, Fault, number, string]>([
    ['breaks off', { cutAfter: 150000 }, 150000, 'aborted'],
    ['ends early', { missing: 50001 }, 150000, 'ended 50001 bytes early'],
  ])('gives what came of a body that %s, and fails', async (_what, fault, length, cause) => {
    store.faults.push(fault)
    const [given, failure] = await readUntilFailure(read(100000, 300000))
    expect(given.equals(bytes.subarray(100000, 100000 + length))).toBe(true)
    expect(failure.kind).toBe('read_error')
    expect(failure.causes).toContain(cause)
  })

  it('does not complete a range of which the store sends too much', async () => {
    store.faults.push({ surplus: 1 })
    const [given, failure] = await readUntilFailure(read(100000, 300000))
    expect(given.length).toBeLessThan(200001)
    expect(given.equals(bytes.subarray(100000, 100000 + given.length))).toBe(true)
    expect(failure).toMatchObject({ kind: 'read_error' })
    expect(failure.causes).toContain('more than the 200001 bytes')
  })

  it.each<[string, Fault]>([
    ['no head', { isSilent: true }],
    ['no body', { stallAfter: 0 }],
    ['half of a body', { stallAfter: 1000 }],
  ])('ends a read at once when it is aborted after %s', async (_what, fault) => {
    store.everyFault = fault
    const controller = new AbortController()
    const requests = store.requests.length
    const pieces = join(read(0, 2000, controller.signal))
    await eventually(() => store.requests.length > requests, 'the store has the request')
    const reason = new Error('nobody waits')
    controller.abort(reason)
    await expect(pieces).rejects.toBe(reason)
    await noBusySocket()
  })

  it('does not ask for what is aborted before', async () => {
    const requests = store.requests.length
    await expect(join(read(0, 99, AbortSignal.abort(new Error('too late'))))).rejects.toThrow('too late')
    expect(store.requests.length).toBe(requests)
  })

  it('frees the connection of a read that is left early', async () => {
    store.everyFault = { stallAfter: 100000 }
    for await (const piece of read(0, 614399)) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    await noBusySocket()
  })

  it('keeps the connection of a read that is left after its last byte', async () => {
    let left = 200000
    for await (const piece of read(0, 199999)) {
      left -= piece.length
      if (left === 0) break
    }
    const open = store.openSockets()
    await readRange(track, 0, 99)
    expect([open, store.openSockets()]).toEqual([1, 1])
  })

  it('frees the connection of first bytes that nobody reads, when the track is closed', async () => {
    const other = await openKnown(source, 'song', { want: { first: 0 } })
    other.close?.()
    other.close?.()
    await noBusySocket()
  })

  it('frees the connection of first bytes that nobody reads, when the opening is aborted', async () => {
    const controller = new AbortController()
    store.faults.push({ stallAfter: 1 })
    await openKnown(source, 'song', { want: { first: 0 }, signal: controller.signal })
    controller.abort()
    await noBusySocket()
  })

  it('ends first bytes that stall when the opening is aborted', async () => {
    const controller = new AbortController()
    store.faults.push({ stallAfter: 1 })
    const other = await openKnown(source, 'song', { signal: controller.signal })
    const prefix = readPrefix(other)
    const reason = new Error('nobody waits')
    controller.abort(reason)
    await expect(prefix).rejects.toBe(reason)
    await noBusySocket()
  })

  it('survives that first bytes break off before anybody reads them', async () => {
    store.faults.push({ cutAfter: 10 })
    const other = await openKnown(source, 'song')
    await noBusySocket()
    await expect(readPrefix(other)).rejects.toMatchObject({ kind: 'read_error' })
  })

  it('gives each of many simultaneous reads its own bytes, and leaves no connection busy after 80 aborts', async () => {
    const starts = Array.from({ length: 20 }, (_, index) => index * 30000)
    const all = await Promise.all(starts.map(start => readRange(track, start, start + 29999)))
    for (const [index, given] of all.entries()) {
      expect(given.equals(bytes.subarray(index * 30000, index * 30000 + 30000))).toBe(true)
    }
    store.everyFault = { stallAfter: 10 }
    const controller = new AbortController()
    setMaxListeners(0, controller.signal)
    const stalled = Array.from({ length: 80 }, () => join(read(0, 9999, controller.signal)))
    const settled = Promise.allSettled(stalled)
    await eventually(() => store.busySockets() >= 40, 'many reads stall')
    controller.abort()
    expect((await settled).every(({ status }) => status === 'rejected')).toBe(true)
    await noBusySocket()
  })
})
