import { chmodSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AUDIO_EXTENSIONS } from '../../../src/http/media-type'
import { DescriptorCache } from '../../../src/source/disk/descriptor-cache'
import { DiskFile, type FileLease } from '../../../src/source/disk/disk-file'
import { currentStats } from '../../../src/source/disk/file-state'
import { FileVersion } from '../../../src/source/disk/file-version'
import { createDiskSource } from '../../../src/source/disk/disk-source'
import type { OpenTrack, Source } from '../../../src/source/source'
import { openTrack, readAll } from '../../support/contract'
import { countOpenFiles } from '../../support/descriptors'
import { eventually } from '../../support/eventually'
import { makeTrackDirectory, TRACK, type TrackDirectory } from '../../support/tracks'
import { requestFor } from '../../support/track-request'

const cancellation = new AbortController()
let tracks: TrackDirectory
let now = 0

beforeEach(() => {
  tracks = makeTrackDirectory()
  tracks.write('track1.mp3', TRACK)
  now = 0
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance', 'setTimeout', 'Date'] })
})
afterEach(async () => {
  now += 20_000
  // A read may still be in progress, and keeps its file open.
  await eventually(() => {
    jest.advanceTimersByTime(5000)
    return countOpenFiles(tracks.path) === 0
  }, 'every file is closed')
  jest.useRealTimers()
  tracks.remove()
})

function source(cacheFiles = 10): Source {
  const options = { directory: tracks.path, extensions: AUDIO_EXTENSIONS, entityTag: 'stat' } as const
  return createDiskSource({ ...options, cacheBytes: 64 * 1024 * 1024, cacheFiles, now: () => now })
}

/** Opens and closes `id`. */
async function visit(from: Source, id: string): Promise<OpenTrack['representation']> {
  const track = await openTrack(from, id)
  track.close()
  return track.representation
}

async function filesAre(count: number): Promise<void> {
  // The thread pool closes them.
  await eventually(() => countOpenFiles(tracks.path) === count, `${count} files are open`)
}

describe('A directory that is kept ready', () => {
  it('opens a file once, and responds at once from then on', async () => {
    const kept = source()
    await visit(kept, 'track1')
    const track = kept.open(requestFor('track1'), cancellation)
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

  it('sees within a second that a file was replaced, and reads the old one to its end for those who have begun', async () => {
    const kept = source()
    const old = await openTrack(kept, 'track1')
    const reader = old.read({ first: 0, last: TRACK.length - 1 }, cancellation)
    const start = Buffer.from((await reader.next(true)) ?? [])
    writeFileSync(join(tracks.path, 'new'), 'new')
    renameSync(join(tracks.path, 'new'), join(tracks.path, 'track1.mp3'))
    now = 999
    expect((await visit(kept, 'track1')).size).toBe(TRACK.length)
    now = 1000
    // The look that began at 999 may still be in progress.
    await eventually(async () => (await visit(kept, 'track1')).size === 3, 'the new file is served')
    expect(Buffer.concat([start, await readAll(reader)]).equals(TRACK)).toBe(true)
    old.close()
    await filesAre(1)
  })

  it('sees that a file was replaced by one of the same size and time, and another mode', async () => {
    const kept = source()
    const before = await visit(kept, 'track1')
    chmodSync(tracks.write('new', TRACK.toReversed()), 0o600)
    renameSync(join(tracks.path, 'new'), join(tracks.path, 'track1.mp3'))
    now = 1000
    expect((await visit(kept, 'track1')).etag).not.toBe(before.etag)
    await filesAre(1)
  })

  it('describes a file that it does not keep, and closes it', async () => {
    const kept = source()
    expect(await kept.describe(requestFor('track1'), cancellation)).toMatchObject({
      size: 300_000,
      fileName: 'track1.mp3',
    })
    await filesAre(0)
  })

  it('sees within a second that a file is gone', async () => {
    const kept = source()
    await visit(kept, 'track1')
    rmSync(join(tracks.path, 'track1.mp3'))
    now = 1000
    expect(await kept.open(requestFor('track1'), cancellation)).toBeUndefined()
    await filesAre(0)
  })

  it('sees within a second that a file with an extension that is tried earlier has been added', async () => {
    tracks.write('other.flac', 'flac')
    const kept = source()
    expect((await visit(kept, 'other')).mediaType).toBe('audio/flac')
    tracks.write('other.mp3', 'mp3')
    now = 1000
    expect((await visit(kept, 'other')).mediaType).toBe('audio/mpeg')
  })

  it.each(['mp3', 'flac'])(
    'keeps a file that has not changed, without opening it again: %s',
    async extension => {
      tracks.write(`other.${extension}`, 'other')
      const kept = source()
      const before = await visit(kept, 'other')
      now = 1000
      expect(await visit(kept, 'other')).toBe(before)
    },
  )

  it('keeps a file while a directory has the name that is tried before', async () => {
    mkdirSync(join(tracks.path, 'other.mp3'))
    tracks.write('other.flac', 'flac')
    const kept = source()
    const before = await visit(kept, 'other')
    now = 1000
    expect(await visit(kept, 'other')).toBe(before)
  })

  it('opens a file again at once when a read found that it has changed', async () => {
    const kept = source()
    const track = await openTrack(kept, 'track1')
    tracks.write('track1.mp3', 'rewritten')
    const reader = track.read({ first: 0, last: 9 }, cancellation)
    await expect(Promise.resolve(reader.next(false))).rejects.toMatchObject({ kind: 'truncated' })
    expect((await visit(kept, 'track1')).size).toBe('rewritten'.length)
    track.close()
  })

  it('keeps no more unused files open than it may', async () => {
    for (const id of ['a', 'b', 'c', 'd']) tracks.write(`${id}.mp3`, id)
    const kept = source(2)
    const held = await openTrack(kept, 'a')
    for (const id of ['b', 'c', 'd']) await visit(kept, id)
    await filesAre(3)
    expect((await readAll(held.read({ first: 0, last: 0 }, cancellation))).toString()).toBe('a')
    held.close()
    await filesAre(2)
  })

  it('serves all of many requests at once when it may keep one file only', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `many${index}`)
    for (const id of ids) tracks.write(`${id}.mp3`, id)
    const kept = source(1)
    const sizes = await Promise.all([...ids, ...ids].map(async id => (await visit(kept, id)).size))
    expect(sizes).toEqual([...ids, ...ids].map(id => id.length))
    await filesAre(1)
  })

  it('shares a file with new requests for as long as somebody reads it', async () => {
    const kept = source()
    const track = await openTrack(kept, 'track1')
    now = 20_000
    jest.advanceTimersByTime(5000)
    expect(await visit(kept, 'track1')).toBe(track.representation)
    track.close()
    await filesAre(1)
  })

  it('closes a file that nobody has requested for a while', async () => {
    const kept = source()
    await visit(kept, 'track1')
    now = 20_000
    jest.advanceTimersByTime(5000)
    await filesAre(0)
    expect(jest.getTimerCount()).toBe(0)
    expect((await visit(kept, 'track1')).size).toBe(TRACK.length)
  })
})

/** Takes over the descriptor of `track1`. */
async function takeFile(flags: string): Promise<FileLease> {
  const fd = openSync(join(tracks.path, 'track1.mp3'), flags)
  const version = new FileVersion(await currentStats(fd), '"x"', undefined)
  const representation = { size: TRACK.length, mediaType: 'audio/mpeg', etag: '"x"', lastModified: undefined }
  return DiskFile.take({ fd, name: 'track1.mp3', isDirect: true, version, representation, blocks: undefined })
}

it('opens a file again for a request that waited for it, if it had to leave the cache in the meantime', async () => {
  const [first, second] = [await takeFile('r'), await takeFile('r')]
  const files = [first, second]
  const finder = { open: () => Promise.resolve(files.shift()), leadsTo: () => Promise.resolve(true) }
  const cache = new DescriptorCache(10, finder, () => now)
  const opening = cache.open('track1', cancellation)
  // The request gets the file some turns later.
  while (cache.peek('track1') === undefined) await Promise.resolve()
  cache.clear()
  const lease = await opening
  expect([first.held.state, lease?.held]).toEqual(['closed', second.held])
  lease?.release()
  cache.clear()
  expect(second.held.state).toBe('closed')
})

describe('A file that the disk cannot read', () => {
  it('has failed, which is not a change, and is opened again for the next request', async () => {
    // What is opened for writing alone cannot be read.
    const flags = ['a', 'r']
    const finder = {
      open: () => takeFile(flags.shift() ?? 'missing'),
      leadsTo: () => Promise.resolve(true),
    }
    const cache = new DescriptorCache(10, finder, () => now)
    const first = await cache.open('track1', cancellation)
    const target = Buffer.alloc(10)
    await expect(first?.held.fill(target, 0)).rejects.toMatchObject({
      kind: 'read_error',
      cause: { code: 'EBADF' },
    })
    expect(first?.held.state).toBe('failed')
    const second = await cache.open('track1', cancellation)
    await second?.held.fill(target, 0)
    expect(target.equals(TRACK.subarray(0, 10))).toBe(true)
    expect(second?.held.state).toBe('current')
    first?.release()
    await filesAre(1)
    second?.release()
    cache.clear()
    await filesAre(0)
  })
})
