import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AUDIO_EXTENSIONS } from '../../../src/http/media-type'
import type { DiskFile } from '../../../src/source/disk/disk-file'
import { DiskReader } from '../../../src/source/disk/disk-reader'
import { createDiskSource } from '../../../src/source/disk/disk-source'
import type { OpenTrack, Source, TrackReader } from '../../../src/source/source'
import { openTrack, readAll } from '../../support/contract'
import { countOpenFiles } from '../../support/descriptors'
import { makeTrackDirectory, TRACK, type TrackDirectory } from '../../support/tracks'

const cancellation = new AbortController()
let tracks: TrackDirectory
let now = 0

beforeEach(() => {
  tracks = makeTrackDirectory()
  tracks.write('track1.mp3', TRACK)
  now = 0
  jest.spyOn(performance, 'now').mockImplementation(() => now)
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance', 'setTimeout', 'Date'] })
})
afterEach(async () => {
  now += 20_000
  // A reading may still be under way, and keeps its file open.
  while (countOpenFiles(tracks.path) > 0) {
    jest.advanceTimersByTime(5000)
    await new Promise(setImmediate)
  }
  jest.useRealTimers()
  jest.restoreAllMocks()
  tracks.remove()
})

function source(cacheFiles = 10, cacheBytes = 64 * 1024 * 1024): Source {
  const options = { directory: tracks.path, extensions: AUDIO_EXTENSIONS, entityTag: 'stat' } as const
  return createDiskSource({ ...options, cacheBytes, cacheFiles })
}

/** Opens and closes `id`. */
async function visit(from: Source, id: string): Promise<OpenTrack['representation']> {
  const track = await openTrack(from, id)
  track.close()
  return track.representation
}

async function filesAre(count: number): Promise<void> {
  // A file is closed in a turn of the thread pool.
  while (countOpenFiles(tracks.path) !== count) await new Promise(setImmediate)
}

describe('A directory that is kept ready', () => {
  it('opens a file once, and answers at once from then on', async () => {
    const kept = source()
    await visit(kept, 'track1')
    const track = kept.open('track1', cancellation)
    expect(track).not.toBeInstanceOf(Promise)
    expect(countOpenFiles(tracks.path)).toBe(1)
    ;(await track)?.close()
    await Promise.all(Array.from({ length: 20 }, () => visit(kept, 'track1')))
    expect(countOpenFiles(tracks.path)).toBe(1)
  })

  it('opens a file once for requests that come together', async () => {
    const kept = source()
    const opened = await Promise.all(Array.from({ length: 20 }, () => openTrack(kept, 'track1')))
    expect(countOpenFiles(tracks.path)).toBe(1)
    for (const track of opened) track.close()
  })

  it('sees within a second that a file was replaced, and finishes readers with the old one', async () => {
    const kept = source()
    const old = await openTrack(kept, 'track1')
    const reader = old.read({ first: 0, last: TRACK.length - 1 }, cancellation)
    const start = Buffer.from((await reader.next(true)) ?? [])
    writeFileSync(join(tracks.path, 'new'), 'new')
    renameSync(join(tracks.path, 'new'), join(tracks.path, 'track1.mp3'))
    now = 999
    expect((await visit(kept, 'track1')).size).toBe(TRACK.length)
    now = 1000
    expect((await visit(kept, 'track1')).size).toBe(3)
    expect(Buffer.concat([start, await readAll(reader)]).equals(TRACK)).toBe(true)
    old.close()
    await filesAre(1)
  })

  it('sees within a second that a file is gone', async () => {
    const kept = source()
    await visit(kept, 'track1')
    rmSync(join(tracks.path, 'track1.mp3'))
    now = 1000
    expect(await kept.open('track1', cancellation)).toBeUndefined()
    await filesAre(0)
  })

  it('sees within a second that a file with an extension tried earlier has come', async () => {
    tracks.write('other.flac', 'flac')
    const kept = source()
    expect((await visit(kept, 'other')).mediaType).toBe('audio/flac')
    tracks.write('other.mp3', 'mp3')
    now = 1000
    expect((await visit(kept, 'other')).mediaType).toBe('audio/mpeg')
  })

  it.each(['mp3', 'flac'])('keeps a file that is as it was, without opening it anew: %s', async extension => {
    tracks.write(`other.${extension}`, 'other')
    const kept = source()
    const before = await visit(kept, 'other')
    now = 1000
    expect(await visit(kept, 'other')).toBe(before)
  })

  it('opens a file anew at once where reading found it changed', async () => {
    const kept = source()
    const track = await openTrack(kept, 'track1')
    tracks.write('track1.mp3', 'rewritten')
    const reader = track.read({ first: 0, last: 9 }, cancellation)
    await expect(Promise.resolve(reader.next(false))).rejects.toMatchObject({ kind: 'truncated' })
    expect((await visit(kept, 'track1')).size).toBe('rewritten'.length)
    track.close()
  })

  it('keeps no more files open than it may, but those that are read', async () => {
    for (const id of ['a', 'b', 'c', 'd']) tracks.write(`${id}.mp3`, id)
    const kept = source(2)
    const held = await openTrack(kept, 'a')
    for (const id of ['b', 'c', 'd']) await visit(kept, id)
    await filesAre(3)
    expect((await readAll(held.read({ first: 0, last: 0 }, cancellation))).toString()).toBe('a')
    held.close()
    await filesAre(2)
  })

  it('serves all of many requests at once, where it may keep one file only', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `many${index}`)
    for (const id of ids) tracks.write(`${id}.mp3`, id)
    const kept = source(1)
    const sizes = await Promise.all([...ids, ...ids].map(async id => (await visit(kept, id)).size))
    expect(sizes).toEqual([...ids, ...ids].map(id => id.length))
    await filesAre(1)
  })

  it('has those who come share a file for as long as somebody reads it', async () => {
    const kept = source()
    const track = await openTrack(kept, 'track1')
    now = 20_000
    jest.advanceTimersByTime(5000)
    expect(await visit(kept, 'track1')).toBe(track.representation)
    track.close()
    await filesAre(1)
  })

  it('closes what nobody asks for', async () => {
    const kept = source()
    await visit(kept, 'track1')
    now = 20_000
    jest.advanceTimersByTime(5000)
    await filesAre(0)
    expect(jest.getTimerCount()).toBe(0)
    expect((await visit(kept, 'track1')).size).toBe(TRACK.length)
  })
})

const LONG = Buffer.alloc(3 * 1024 * 1024 + 5, 'content of a long track ')

describe('Content that is read for one client alone', () => {
  interface Reading {
    readonly track: OpenTrack
    readonly reader: TrackReader
    /** Of the chunk that follows the first one, which the client took at once. */
    readonly bytes: number | undefined
  }

  /** Reads the first two chunks of a track that nobody has read before. */
  async function begin(from: Source, id: string): Promise<Reading> {
    tracks.write(`${id}.mp3`, LONG)
    const track = await openTrack(from, id)
    const reader = track.read({ first: 0, last: LONG.length - 1 }, cancellation)
    expect(await reader.next(false)).toHaveLength(SMALL)
    reader.recycle()
    return { track, reader, bytes: (await reader.next(true))?.length }
  }

  function end({ track, reader }: Reading): void {
    reader.close()
    track.close()
  }

  const SMALL = 64 * 1024
  const LARGE = 512 * 1024
  /** Has room for one large chunk. */
  const BUDGET = 8 * LARGE

  it('comes in large chunks where the client takes them at once, as far as the budget has room', async () => {
    const kept = source(10, BUDGET)
    const first = await begin(kept, 'first')
    const second = await begin(kept, 'second')
    expect([first.bytes, second.bytes]).toEqual([LARGE, SMALL])
    first.reader.recycle()
    const third = await begin(kept, 'third')
    expect(third.bytes).toBe(LARGE)
    for (const reading of [first, second, third]) end(reading)
  })

  it('leaves room for others when its client leaves, also in the midst of a reading', async () => {
    const kept = source(10, BUDGET)
    const first = await begin(kept, 'first')
    end(first)
    const second = await begin(kept, 'second')
    expect(second.bytes).toBe(LARGE)
    second.reader.recycle()
    const reading = second.reader.next(true)
    end(second)
    await reading
    const third = await begin(kept, 'third')
    expect(third.bytes).toBe(LARGE)
    end(third)
  })

  it('is not read for a client that left while it was waited for in vain', async () => {
    const fill = jest.fn()
    const block = Promise.resolve(undefined)
    const file = { holdBlock: () => block, fill } as Partial<DiskFile> as DiskFile
    const reader = new DiskReader(file, { first: 0, last: SMALL - 1 })
    const chunk = reader.next(false)
    reader.close()
    expect(await chunk).toHaveLength(0)
    expect(fill).not.toHaveBeenCalled()
  })

  it('comes in small chunks where nothing is kept in memory', async () => {
    const reading = await begin(source(10, 0), 'first')
    expect(reading.bytes).toBe(SMALL)
    end(reading)
  })
})

describe('Content that is kept in memory', () => {
  async function readWhole(from: Source): Promise<Buffer> {
    const track = await openTrack(from, 'long')
    const bytes = await readAll(track.read({ first: 0, last: LONG.length - 1 }, cancellation))
    track.close()
    return bytes
  }

  /** Whether the first bytes of `long` are given at once, from memory. */
  async function isInMemory(from: Source): Promise<boolean> {
    const track = await openTrack(from, 'long')
    const reader = track.read({ first: 0, last: LONG.length - 1 }, cancellation)
    const chunk = reader.next(false)
    const isAtOnce = !(chunk instanceof Promise)
    await chunk
    reader.close()
    track.close()
    return isAtOnce
  }

  it('is kept from the second reading on, and not by one pass', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source()
    expect((await readWhole(kept)).equals(LONG)).toBe(true)
    expect((await readWhole(kept)).equals(LONG)).toBe(true)
    expect(await isInMemory(kept)).toBe(true)
    expect((await readWhole(kept)).equals(LONG)).toBe(true)
    const other = source()
    await readWhole(other)
    const track = await openTrack(other, 'long')
    const reader = track.read({ first: 0, last: LONG.length - 1 }, cancellation)
    expect(reader.next(false)).toBeInstanceOf(Promise)
    reader.close()
    track.close()
  })

  it('is read once for readers that come together', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source()
    await readWhole(kept)
    const all = await Promise.all(Array.from({ length: 10 }, () => readWhole(kept)))
    expect(all.every(bytes => bytes.equals(LONG))).toBe(true)
  })

  it('is not that of a file that was rewritten', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source()
    await readWhole(kept)
    await readWhole(kept)
    const rewritten = Buffer.alloc(LONG.length, 'other')
    tracks.write('long.mp3', rewritten)
    now = 1000
    expect((await readWhole(kept)).equals(rewritten)).toBe(true)
    expect((await readWhole(kept)).equals(rewritten)).toBe(true)
  })

  it('is never mixed with what was written into the file since', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source()
    const first = await openTrack(kept, 'long')
    // The last block comes into memory as it was.
    const last = { first: LONG.length - 5, last: LONG.length - 1 }
    for (let time = 0; time < 2; time++) await readAll(first.read(last, cancellation))
    tracks.write('long.mp3', Buffer.alloc(LONG.length, 'other'))
    const reading = readAll(first.read({ first: 0, last: LONG.length - 1 }, cancellation))
    await expect(reading).rejects.toMatchObject({ kind: 'changed' })
    first.close()
  })

  it('is not taken from a file that was rewritten since it was opened', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source()
    const track = await openTrack(kept, 'long')
    const early = track.read({ first: 0, last: LONG.length - 1 }, cancellation)
    await early.next(false)
    tracks.write('long.mp3', Buffer.alloc(LONG.length, 'other'))
    const late = track.read({ first: 0, last: LONG.length - 1 }, cancellation)
    await expect(Promise.resolve(late.next(false))).rejects.toMatchObject({ kind: 'changed' })
    early.close()
    late.close()
    track.close()
  })

  it('makes room for other content once its readers are done', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source(10, 4 * 1024 * 1024)
    await readWhole(kept)
    await readWhole(kept)
    expect(await isInMemory(kept)).toBe(true)
    tracks.write('other.mp3', LONG)
    for (let time = 0; time < 4; time++) {
      const other = await openTrack(kept, 'other')
      await readAll(other.read({ first: 0, last: LONG.length - 1 }, cancellation))
      other.close()
    }
    expect(await isInMemory(kept)).toBe(false)
  })

  it('may be asked for by a reader that leaves before it has come', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source()
    await readWhole(kept)
    const track = await openTrack(kept, 'long')
    const reader = track.read({ first: 0, last: 9 }, cancellation)
    const chunk = reader.next(false)
    reader.close()
    track.close()
    expect(await chunk).toHaveLength(0)
    expect(await isInMemory(kept)).toBe(true)
  })

  it('is given up where the file cannot be read to its end', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source(10, 4 * 1024 * 1024)
    await readWhole(kept)
    const track = await openTrack(kept, 'long')
    tracks.write('long.mp3', LONG.subarray(0, 100))
    const reader = track.read({ first: 0, last: 9 }, cancellation)
    await expect(Promise.resolve(reader.next(false))).rejects.toMatchObject({ kind: 'truncated' })
    track.close()
    expect((await visit(kept, 'long')).size).toBe(100)
    // What was reserved for it is free again.
    tracks.write('long.mp3', LONG)
    now += 1000
    await readWhole(kept)
    await readWhole(kept)
    expect(await isInMemory(kept)).toBe(true)
  })
})

it('a track that is closed cannot be read', async () => {
  const track = await openTrack(source(), 'track1')
  track.close()
  expect(() => track.read({ first: 0, last: 0 }, cancellation)).toThrow('Cannot read track: read_error')
})
