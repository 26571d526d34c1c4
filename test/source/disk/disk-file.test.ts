/** Who keeps a file open, what a read may find out about it, and when it is closed. */
import { Buffer } from 'node:buffer'
import {
  appendFileSync,
  chownSync,
  closeSync,
  openSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { DiskFile, type FileLease } from '../../../src/source/disk/disk-file'
import { DiskTrack } from '../../../src/source/disk/disk-track'
import { currentStats } from '../../../src/source/disk/file-state'
import { FileVersion } from '../../../src/source/disk/file-version'
import { BlockCache } from '../../../src/source/memory/block-cache'
import { FileBlocks } from '../../../src/source/memory/file-blocks'
import { countOpenFiles } from '../../support/descriptors'
import { makeTrackDirectory, TRACK, type TrackDirectory } from '../../support/tracks'

const CACHE_BYTES = 1_000_000

let tracks: TrackDirectory
beforeEach(() => {
  tracks = makeTrackDirectory()
})
afterEach(() => {
  tracks.remove()
})

interface Stage {
  readonly path: string
  readonly lease: FileLease
  readonly cache: BlockCache
}

/** A file that was just opened with `flags`, and its first lease. */
async function take(flags = 'r'): Promise<Stage> {
  const path = tracks.write('track1.mp3', TRACK)
  const fd = openSync(path, flags)
  const cache = new BlockCache(CACHE_BYTES)
  const lease = DiskFile.take({
    fd,
    name: 'track1.mp3',
    isDirect: true,
    version: new FileVersion(await currentStats(fd), '"x"', undefined),
    representation: { size: TRACK.length, mediaType: 'audio/mpeg', etag: '"x"', lastModified: undefined },
    blocks: new FileBlocks(cache),
  })
  return { path, lease, cache }
}

async function allClosed(): Promise<void> {
  // The thread pool closes them.
  while (countOpenFiles(tracks.path) > 0) await sleep(1)
}

describe('A file', () => {
  it('is closed with its last lease, and gives no lease from then on', async () => {
    const { lease } = await take()
    const file = lease.held
    const [second, third] = [file.lease(), file.lease()]
    lease.release()
    second?.release()
    expect([file.state, file.isShared, countOpenFiles(tracks.path)]).toEqual(['current', false, 1])
    third?.release()
    expect([file.state, file.lease()]).toEqual(['closed', undefined])
    await allClosed()
  })

  it('stays open for others when one lease is released twice', async () => {
    const { lease } = await take()
    const other = lease.held.lease()
    lease.release()
    lease.release()
    expect(lease.held.state).toBe('current')
    await other?.held.fill(Buffer.alloc(10), 0)
    other?.release()
    await allClosed()
  })

  it('stays open for others when one track is closed twice', async () => {
    const { lease } = await take()
    const file = lease.held
    const second = file.lease()
    const track = new DiskTrack(lease)
    track.close()
    track.close()
    expect(file.state).toBe('current')
    second?.release()
    expect(file.state).toBe('closed')
  })

  it('stays open until a block is loaded, also if every client has left', async () => {
    const { lease, cache } = await take()
    const file = lease.held
    expect(file.leaseBlock(0)).toBeUndefined()
    const loading = file.leaseBlock(0)
    lease.release()
    expect(file.state).toBe('current')
    expect(cache.usedBytes).toBe(TRACK.length)
    ;(await loading)?.release()
    expect(file.state).toBe('closed')
    expect(cache.usedBytes).toBe(0)
    await allClosed()
  })

  it('drops its blocks when it is closed', async () => {
    const { lease, cache } = await take()
    const file = lease.held
    expect(file.leaseBlock(0)).toBeUndefined()
    ;(await file.leaseBlock(0))?.release()
    expect(cache.usedBytes).toBe(TRACK.length)
    lease.release()
    expect(cache.usedBytes).toBe(0)
  })
})

describe('A read that fails', () => {
  it.each<[string, (path: string) => void, string]>([
    [
      'grown',
      path => {
        appendFileSync(path, 'more')
      },
      'changed',
    ],
    [
      'truncated',
      path => {
        truncateSync(path, 5)
      },
      'truncated',
    ],
    [
      'rewritten',
      path => {
        writeFileSync(path, Buffer.alloc(TRACK.length))
      },
      'changed',
    ],
  ])('because the file was %s leaves it stale', async (_what, change, kind) => {
    const { path, lease } = await take()
    change(path)
    await expect(lease.held.assertOneVersion()).rejects.toMatchObject({ kind })
    expect(lease.held.state).toBe('stale')
    lease.release()
    expect(lease.held.state).toBe('closed')
  })

  it('because the file ends too early leaves it stale', async () => {
    const { path, lease } = await take()
    truncateSync(path, 5)
    await expect(lease.held.fill(Buffer.alloc(10), 0)).rejects.toMatchObject({ kind: 'truncated' })
    expect(lease.held.state).toBe('stale')
    lease.release()
  })

  it('by an error of the system says nothing about the version: the file has failed', async () => {
    // Opened for writing alone, it cannot be read.
    const { lease, cache } = await take('a')
    await expect(lease.held.fill(Buffer.alloc(10), 0)).rejects.toMatchObject({ kind: 'read_error' })
    expect(lease.held.state).toBe('failed')
    await lease.held.assertOneVersion()
    expect(lease.held.leaseBlock(0)).toBeUndefined()
    await expect(lease.held.leaseBlock(0)).rejects.toMatchObject({ kind: 'read_error' })
    expect(cache.usedBytes).toBe(0)
    lease.release()
    expect(lease.held.state).toBe('closed')
    await allClosed()
  })

  it('by an error of the system does not make a stale file anything else', async () => {
    const { path, lease } = await take('a')
    appendFileSync(path, 'more')
    await expect(lease.held.assertOneVersion()).rejects.toMatchObject({ kind: 'changed' })
    await expect(lease.held.fill(Buffer.alloc(10), 0)).rejects.toMatchObject({ kind: 'read_error' })
    expect(lease.held.state).toBe('stale')
    lease.release()
  })
})

describe('A file of which only the times move', () => {
  /** Gives a file the owner that it has, until that shows in its times. */
  async function touch(path: string): Promise<void> {
    const { uid, gid, ctimeNs } = statSync(path, { bigint: true })
    while (statSync(path, { bigint: true }).ctimeNs === ctimeNs) {
      await sleep(1)
      chownSync(path, Number(uid), Number(gid))
    }
  }

  /** Brings the first block into memory. */
  async function load({ held: file }: FileLease): Promise<void> {
    expect(file.leaseBlock(0)).toBeUndefined()
    ;(await file.leaseBlock(0))?.release()
  }

  it('stays current if what is in memory is still on the disk', async () => {
    const { path, lease } = await take()
    await load(lease)
    await touch(path)
    await lease.held.assertOneVersion()
    expect(lease.held.state).toBe('current')
    lease.release()
  })

  it('is stale if what was in memory had to make room, so that nobody can compare it', async () => {
    const { path, lease, cache } = await take()
    await load(lease)
    const others = new FileBlocks(cache)
    for (let miss = 0; miss < 4; miss++) await others.load(0, CACHE_BYTES, () => Promise.resolve(true))
    await touch(path)
    await expect(lease.held.assertOneVersion()).rejects.toMatchObject({ kind: 'changed' })
    expect(lease.held.state).toBe('stale')
    lease.release()
  })

  it('is stale if they move again while it is compared', async () => {
    const { path, lease } = await take()
    const version = new FileVersion(lease.held.stats, '"x"', undefined)
    await touch(path)
    const later = new Date()
    const blocks = {
      evidence() {
        utimesSync(path, later, later)
        return []
      },
    }
    const fd = openSync(path, 'r')
    await expect(version.assertSame(fd, { blocks, sums: undefined })).rejects.toMatchObject({
      kind: 'changed',
    })
    closeSync(fd)
    lease.release()
  })
})
