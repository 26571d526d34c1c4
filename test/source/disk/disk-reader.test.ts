/** What readers of files on disk keep in memory, what they share, and what they give back. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { chownSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { STREAM_CHANNELS } from 'express-signed-stream'
import { AUDIO_EXTENSIONS } from '../../../src/http/media-type'
import { createDiskSource } from '../../../src/source/disk/disk-source'
import type { OpenTrack, Source, TrackReader } from '../../../src/source/source'
import { openTrack, readAll } from '../../support/contract'
import { writeAtOwnTime } from '../../support/own-time'
import { makeTrackDirectory, TRACK, type TrackDirectory } from '../../support/tracks'

const cancellation = new AbortController()
let tracks: TrackDirectory
let now = 0

beforeEach(() => {
  tracks = makeTrackDirectory()
  tracks.write('track1.mp3', TRACK)
  now = 0
})
afterEach(() => {
  tracks.remove()
})

function source(cacheFiles = 10, cacheBytes = 64 * 1024 * 1024): Source {
  const options = { directory: tracks.path, extensions: AUDIO_EXTENSIONS, entityTag: 'stat' } as const
  return createDiskSource({ ...options, cacheBytes, cacheFiles, now: () => now })
}

/** Opens and closes `id`. */
async function visit(from: Source, id: string): Promise<OpenTrack['representation']> {
  const track = await openTrack(from, id)
  track.close()
  return track.representation
}

const LONG = Buffer.alloc(3 * 1024 * 1024 + 5, 'content of a long track ')

describe('Content that is read for one client alone', () => {
  interface Reading {
    readonly track: OpenTrack
    readonly reader: TrackReader
    /** Of the second chunk; the client took the first one at once. */
    readonly bytes: number | undefined
  }

  /** Reads the first two chunks of a new track. */
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

  it('comes in large chunks if the client takes them at once and the budget has room', async () => {
    const kept = source(10, BUDGET)
    const first = await begin(kept, 'first')
    const second = await begin(kept, 'second')
    expect([first.bytes, second.bytes]).toEqual([LARGE, SMALL])
    first.reader.recycle()
    const third = await begin(kept, 'third')
    expect(third.bytes).toBe(LARGE)
    for (const reading of [first, second, third]) end(reading)
  })

  it('leaves room for others when its client disconnects, also during a read', async () => {
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

  it('is not read for a client that disconnected while it waited for a block in vain', async () => {
    const file = join(tracks.path, 'moving.mp3')
    // The system's own time makes its tag: if only its times move, nothing but a comparison shows that it has not changed.
    writeAtOwnTime(file, LONG)
    const kept = source()
    const track = await openTrack(kept, 'moving')
    const range = { first: 0, last: SMALL - 1 }
    await readAll(track.read(range, cancellation))
    const { uid, gid } = statSync(file)
    chownSync(file, uid, gid)
    const reads: unknown[] = []
    function onRead(event: unknown): void {
      reads.push(event)
    }
    subscribe(STREAM_CHANNELS.read, onRead)
    const reader = track.read(range, cancellation)
    const chunk = reader.next(false)
    reader.close()
    expect(await chunk).toHaveLength(0)
    unsubscribe(STREAM_CHANNELS.read, onRead)
    expect(reads).toEqual([])
    // The next request opens the file again, as this one can be kept in memory no longer.
    expect(await visit(kept, 'moving')).not.toBe(track.representation)
    // A client that stays gets the bytes by a read of its own.
    expect(await readAll(track.read(range, cancellation))).toHaveLength(SMALL)
    track.close()
  })

  it('comes in small chunks if nothing is kept in memory', async () => {
    const reading = await begin(source(10, 0), 'first')
    expect(reading.bytes).toBe(SMALL)
    end(reading)
  })
})

describe('Content that is kept in memory', () => {
  async function readWhole(from: Source, id = 'long'): Promise<Buffer> {
    const track = await openTrack(from, id)
    const bytes = await readAll(track.read({ first: 0, last: LONG.length - 1 }, cancellation))
    track.close()
    return bytes
  }

  /** Whether a reader gives the first bytes of `long` at once, from memory. */
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

  it('is kept from the second request on, and not after one pass', async () => {
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

  it('is read once for requests that come together', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source()
    await readWhole(kept)
    const all = await Promise.all(Array.from({ length: 10 }, () => readWhole(kept)))
    expect(all.every(bytes => bytes.equals(LONG))).toBe(true)
  })

  it('is not the content of a file before it was rewritten', async () => {
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

  it('is never mixed with what was written into the file later', async () => {
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

  it('is not loaded from a file that was rewritten after it was opened', async () => {
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

  it('makes room for other content when its reads are closed', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source(10, 4 * 1024 * 1024)
    await readWhole(kept)
    await readWhole(kept)
    expect(await isInMemory(kept)).toBe(true)
    tracks.write('other.mp3', LONG)
    for (let time = 0; time < 4; time++) await readWhole(kept, 'other')
    expect(await isInMemory(kept)).toBe(false)
  })

  it('is kept although the read that caused its load was closed before it came', async () => {
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

  it('makes room for other content when the read that caused its load was closed before it came', async () => {
    tracks.write('long.mp3', LONG)
    tracks.write('other.mp3', LONG)
    const kept = source(10, 4 * 1024 * 1024)
    await readWhole(kept)
    const track = await openTrack(kept, 'long')
    const reader = track.read({ first: 0, last: 9 }, cancellation)
    const chunk = reader.next(false)
    reader.close()
    await chunk
    expect(await isInMemory(kept)).toBe(true)
    for (let time = 0; time < 4; time++) await readWhole(kept, 'other')
    expect(await isInMemory(kept)).toBe(false)
    track.close()
  })

  it('leaves no room taken if the file cannot be read to its end', async () => {
    tracks.write('long.mp3', LONG)
    const kept = source(10, 4 * 1024 * 1024)
    await readWhole(kept)
    const track = await openTrack(kept, 'long')
    tracks.write('long.mp3', LONG.subarray(0, 100))
    const reader = track.read({ first: 0, last: 9 }, cancellation)
    await expect(Promise.resolve(reader.next(false))).rejects.toMatchObject({ kind: 'truncated' })
    track.close()
    expect((await visit(kept, 'long')).size).toBe(100)
    // Its room is free again.
    tracks.write('long.mp3', LONG)
    now += 1000
    await readWhole(kept)
    await readWhole(kept)
    expect(await isInMemory(kept)).toBe(true)
  })
})

it('throws a read error for a track that is closed', async () => {
  const track = await openTrack(source(), 'track1')
  track.close()
  expect(() => track.read({ first: 0, last: 0 }, cancellation)).toThrow('Cannot read track: read_error')
})
