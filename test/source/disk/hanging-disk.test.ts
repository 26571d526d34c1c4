/** What a request gets while the disk does not respond: all turns are taken, as by reads of a mount that hangs. */
import { closeSync, fstatSync, openSync, utimesSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { createStreamHandler } from 'express-signed-stream'
import { AUDIO_EXTENSIONS } from '../../../src/http/media-type'
import { ContentTagger } from '../../../src/source/disk/content-tag'
import { DescriptorCache } from '../../../src/source/disk/descriptor-cache'
import { createDiskSource } from '../../../src/source/disk/disk-source'
import { fileTurns, turnsOf } from '../../../src/source/disk/file-turns'
import { inTime, whileItMoves } from '../../../src/source/disk/in-time'
import { threadPoolSize } from '../../../src/source/disk/thread-pool'
import { smallChunks } from '../../../src/source/memory/small-chunks'
import { createTrackFiles } from '../../../src/source/disk/track-files'
import type { Source } from '../../../src/source/source'
import { openTrack, readAll } from '../../support/contract'
import { ask } from '../../support/client'
import { countOpenFiles } from '../../support/descriptors'
import { listen } from '../../support/server'
import { makeTrackDirectory, pathFor, SECRET, TRACK, type TrackDirectory } from '../../support/tracks'
import { requestFor } from '../../support/track-request'

const TURNS = turnsOf(threadPoolSize())
const RANGE = { first: 0, last: 9999 }
const cancellation = new AbortController()

let tracks: TrackDirectory
let source: Source

beforeEach(() => {
  tracks = makeTrackDirectory()
  tracks.write('track1.mp3', TRACK)
  const options = { directory: tracks.path, extensions: AUDIO_EXTENSIONS, entityTag: 'stat' } as const
  source = createDiskSource({ ...options, cacheBytes: 0, cacheFiles: 0 })
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance', 'Date'] })
})
afterEach(async () => {
  jest.useRealTimers()
  while (countOpenFiles(tracks.path) > 0) await turn()
  tracks.remove()
})

function hang(): void {
  for (let number = 0; number < TURNS; number++) expect(fileTurns().begin('rest')).toBeUndefined()
}

function respond(): void {
  for (let number = 0; number < TURNS; number++) fileTurns().end()
}

/** Of what waited while the disk did not respond, nothing begins when it does. */
async function expectEmptyQueue(): Promise<void> {
  respond()
  await turn()
  hang()
  respond()
}

/** Lets the time pass, once somebody waits for its end. */
async function letTimePass(milliseconds: number): Promise<void> {
  while (jest.getTimerCount() === 0) await turn()
  await jest.advanceTimersByTimeAsync(milliseconds)
}

describe('While the disk does not respond', () => {
  it('an opening is unavailable after eight seconds, and leaves the queue', async () => {
    hang()
    const opening = Promise.allSettled([source.open(requestFor('track1'), cancellation)])
    await letTimePass(7999)
    const early = await Promise.race([opening, turn('waits')])
    expect(early).toBe('waits')
    await letTimePass(1)
    expect(await opening).toMatchObject([{ status: 'rejected', reason: { kind: 'unavailable' } }])
    await expectEmptyQueue()
    expect(countOpenFiles(tracks.path)).toBe(0)
  })

  it('the first bytes of an open file are unavailable after eight seconds, and the read leaves the queue', async () => {
    const track = await openTrack(source, 'track1')
    hang()
    const reader = track.read(RANGE, cancellation)
    const read = Promise.allSettled([reader.next(false)])
    await letTimePass(8000)
    expect(await read).toMatchObject([{ status: 'rejected', reason: { kind: 'unavailable' } }])
    reader.close()
    track.close()
    await expectEmptyQueue()
  })

  it('more bytes of a response that has begun have no such limit', async () => {
    const track = await openTrack(source, 'track1')
    const reader = track.read({ first: 0, last: TRACK.length - 1 }, cancellation)
    const start = Buffer.from((await reader.next(false)) ?? [])
    hang()
    const rest = readAll(reader)
    await jest.advanceTimersByTimeAsync(30_000)
    respond()
    expect(Buffer.concat([start, await rest]).equals(TRACK)).toBe(true)
    track.close()
  })

  it('openings and reads wait for their turn', async () => {
    const track = await openTrack(source, 'track1')
    hang()
    const reader = track.read(RANGE, cancellation)
    const read = reader.next(false)
    const opening = source.open(requestFor('track1'), cancellation)
    // Without a turn, both would be done by now.
    for (let times = 0; times < 3; times++) await readFile(`${tracks.path}/track1.mp3`)
    expect(countOpenFiles(tracks.path)).toBe(1)
    expect(await Promise.race([read, turn('waits')])).toBe('waits')
    respond()
    expect(await read).toHaveLength(10_000)
    reader.close()
    for (const each of [track, await opening]) each?.close()
  })

  it('who has no byte yet precedes who has some', async () => {
    tracks.write('track2.mp3', TRACK)
    const [before, after] = [await openTrack(source, 'track1'), await openTrack(source, 'track2')]
    const [begun, fresh] = [before, after].map(track => track.read({ first: 0, last: 99_999 }, cancellation))
    await begun?.next(false)
    hang()
    const order: string[] = []
    const reads = [
      Promise.resolve(begun?.next(false)).then(() => order.push('has some')),
      Promise.resolve(fresh?.next(false)).then(() => order.push('has none')),
    ]
    // One turn comes back, and serves both.
    fileTurns().end()
    await Promise.all(reads)
    expect(order).toEqual(['has none', 'has some'])
    fileTurns().begin('rest')
    respond()
    for (const each of [begun, fresh, before, after]) each?.close()
  })

  it('a read leaves the queue with its client', async () => {
    const track = await openTrack(source, 'track1')
    hang()
    const reader = track.read(RANGE, cancellation)
    const read = reader.next(false)
    reader.close()
    expect(await read).toHaveLength(0)
    track.close()
    await expectEmptyQueue()
  })

  it('a read whose client leaves at the moment of its turn gives the turn back, and takes no buffer', async () => {
    const track = await openTrack(source, 'track1')
    hang()
    const { bytes } = smallChunks
    const reader = track.read({ first: 0, last: TRACK.length - 1 }, cancellation)
    const read = reader.next(false)
    fileTurns().end()
    reader.close()
    expect(await read).toHaveLength(0)
    expect(smallChunks.bytes).toBe(bytes)
    expect(fileTurns().begin('rest')).toBeUndefined()
    respond()
    track.close()
  })

  it('a client gets 503 with Retry-After, and the track once the disk responds', async () => {
    const handler = createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, cache: false })
    await using server = await listen((req, res) => {
      handler(req, res, () => res.end())
    })
    hang()
    const refused = ask(server.port, pathFor('track1'))
    await letTimePass(8000)
    const { status, headers } = await refused
    expect([status, headers['retry-after']]).toEqual([503, '2'])
    await expectEmptyQueue()
    expect((await ask(server.port, pathFor('track1'))).body.equals(TRACK)).toBe(true)
  })

  it('a hash is not waited for by a client who has left, and goes on for others', async () => {
    const files = ['track1', 'track1'].map(id => openSync(`${tracks.path}/${id}.mp3`, 'r'))
    const [first = 0, second = 0] = files
    const stats = fstatSync(first, { bigint: true })
    const tagger = new ContentTagger()
    hang()
    const hashed = tagger.tag(first, stats, cancellation)
    const client = new AbortController()
    const waiting = tagger.tag(second, stats, client)
    client.abort(new Error('The client has left'))
    await expect(waiting).rejects.toThrow('The client has left')
    respond()
    expect(await hashed).toMatch(/^".+"$/)
    for (const fd of files) closeSync(fd)
  })
})

it('serves content in memory while all turns are taken, also after a quiet minute', async () => {
  let now = 0
  const kept = createDiskSource({
    ...{ directory: tracks.path, extensions: AUDIO_EXTENSIONS, entityTag: 'stat' },
    ...{ cacheBytes: 1024 * 1024, cacheFiles: 10, now: () => now },
  })
  async function read(): Promise<Buffer> {
    const track = await openTrack(kept, 'track1')
    const bytes = await readAll(track.read({ first: 0, last: TRACK.length - 1 }, cancellation))
    track.close()
    return bytes
  }
  for (let times = 0; times < 3; times++) await read()
  hang()
  now = 60_000
  expect((await read()).equals(TRACK)).toBe(true)
  respond()
  now = 80_000
  jest.advanceTimersByTime(5000)
})

describe('Hashing', () => {
  /** Two turns serve the openings that wait, and go on to two tasks, so that none is left for what follows. */
  async function lendTurns(): Promise<void> {
    const others = [1, 2].map(() => fileTurns().begin('rest'))
    for (let times = 0; times < 2; times++) fileTurns().end()
    for (const other of others) await other?.isReached
  }

  it('makes a request unavailable after eight seconds without progress, and is done when the disk responds', async () => {
    const tag = jest.spyOn(ContentTagger.prototype, 'tag')
    // Its time was set by a tool.
    utimesSync(tracks.write('hashed.mp3', TRACK), 1, 1)
    hang()
    const openings = [1, 2].map(() => Promise.allSettled([source.open(requestFor('hashed'), cancellation)]))
    await lendTurns()
    while (tag.mock.calls.length < 2) await turn()
    tag.mockRestore()
    await letTimePass(8000)
    for (const waited of openings) {
      expect(await waited).toMatchObject([{ status: 'rejected', reason: { kind: 'unavailable' } }])
    }
    // Of the hash that has begun; the other one has left the queue.
    while (countOpenFiles(tracks.path) > 1) await turn()
    expect(countOpenFiles(tracks.path)).toBe(1)
    respond()
    while (countOpenFiles(tracks.path) > 0) await turn()
    // The next request needs a turn to open the file, and none to read it.
    hang()
    const again = source.open(requestFor('hashed'), cancellation)
    await lendTurns()
    ;(await again)?.close()
    respond()
  })

  it('has no limit while it goes on', async () => {
    let progress = 0
    let finish: ((value: string) => void) | undefined
    const work = new Promise<string>(resolve => {
      finish = resolve
    })
    const waiting = whileItMoves(
      cancellation,
      () => work,
      () => progress,
      () => undefined,
    )
    for (let step = 0; step < 10; step++) {
      progress++
      await jest.advanceTimersByTimeAsync(8000)
    }
    finish?.('tag')
    expect(await waiting).toBe('tag')
  })
})

describe('A look that hangs', () => {
  it('makes requests that wait for it unavailable after eight seconds, also if it began in the background', async () => {
    let now = 0
    const looks: ((isUnchanged: boolean) => void)[] = []
    const finder = createTrackFiles(
      { directory: tracks.path, entityTag: 'stat' },
      id => [{ name: `${id}.mp3`, mediaType: 'audio/mpeg' }],
      undefined,
    )
    const cache = new DescriptorCache(
      10,
      { ...finder, leadsTo: () => new Promise(resolve => looks.push(resolve)) },
      () => now,
    )
    ;(await cache.open('track1', cancellation))?.release()
    now = 500
    ;(await cache.open('track1', cancellation))?.release()
    expect(looks).toHaveLength(1)
    now = 5500
    const opening = Promise.allSettled([cache.open('track1', cancellation)])
    await letTimePass(8000)
    expect(await opening).toMatchObject([{ status: 'rejected', reason: { kind: 'unavailable' } }])
    const next = cache.open('track1', cancellation)
    looks.at(-1)?.(true)
    ;(await next)?.release()
    expect(looks).toHaveLength(2)
    looks[0]?.(true)
    cache.clear()
  })
})

it('passes what comes after its time to the function that frees it', async () => {
  const finish: ((value: string) => void)[] = []
  const late: string[] = []
  const waiting = Promise.allSettled([
    inTime(
      cancellation,
      () => new Promise<string>(resolve => finish.push(resolve)),
      value => late.push(value),
    ),
  ])
  await letTimePass(8000)
  expect(await waiting).toMatchObject([{ status: 'rejected', reason: { kind: 'unavailable' } }])
  finish[0]?.('descriptor')
  await turn()
  expect(late).toEqual(['descriptor'])
})
