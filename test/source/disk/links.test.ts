/** Links to other disks, and disks that are gone. */
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { AUDIO_EXTENSIONS } from 'express-signed-stream'
import { createDiskSource } from '../../../src/source/disk/disk-source'
import { createResolver } from '../../../src/source/resolver'
import type { Source } from '../../../src/source/source'
import { countOpenFiles } from '../../support/descriptors'
import { requestFor } from '../../support/track-request'
import { makeTrackDirectory, type TrackDirectory } from '../../support/tracks'

const cancellation = new AbortController()
let tracks: TrackDirectory
let disk: TrackDirectory
let other: TrackDirectory
beforeEach(() => {
  ;[tracks, disk, other] = [makeTrackDirectory(), makeTrackDirectory(), makeTrackDirectory()]
  disk.write('far.mp3', 'on another disk')
  mkdirSync(join(disk.path, 'Album'))
  disk.write('Album/a.mp3', 'in a folder there')
  other.write('secret.mp3', 'secret')
  tracks.write('near.mp3', 'near')
  symlinkSync(join(disk.path, 'far.mp3'), join(tracks.path, 'far.mp3'))
  symlinkSync(disk.path, join(tracks.path, 'disk'))
  symlinkSync(join(other.path, 'secret.mp3'), join(tracks.path, 'secret.mp3'))
  symlinkSync(join(other.path, 'secret.mp3'), join(disk.path, 'secret.mp3'))
})
afterEach(() => {
  for (const directory of [tracks, disk, other]) directory.remove()
})

function byId(linksInto = [disk.path], cacheFiles = 0): Source {
  return createDiskSource({
    directory: tracks.path,
    extensions: AUDIO_EXTENSIONS,
    linksInto,
    entityTag: 'stat',
    cacheBytes: 0,
    cacheFiles,
  })
}

function byPath(path: string): Source {
  return createDiskSource({
    directory: tracks.path,
    extensions: AUDIO_EXTENSIONS,
    linksInto: [disk.path],
    entityTag: 'stat',
    resolver: createResolver(() => path, 0),
    cacheBytes: 0,
    cacheFiles: 0,
  })
}

/** The size of what is served, 404 if there is nothing, or the kind of the fault. */
async function outcome(source: Source, id = '1'): Promise<number | string | undefined> {
  try {
    const track = await source.open(requestFor(id), cancellation)
    track?.close()
    return track?.representation.size
  } catch (fault) {
    return (fault as { kind?: string }).kind
  }
}

describe('A link into a directory of linksInto', () => {
  it('is followed, for an id and for a path', async () => {
    expect(await outcome(byId(), 'far')).toBe('on another disk'.length)
    expect(await outcome(byPath('far.mp3'))).toBe('on another disk'.length)
    expect(await outcome(byPath('disk/far.mp3'))).toBe('on another disk'.length)
    expect(await outcome(byPath('disk/Album/a.mp3'))).toBe('in a folder there'.length)
  })

  it('is not followed without that option, nor from there to a third one', async () => {
    expect(await outcome(byId([]), 'far')).toBeUndefined()
    expect(await outcome(byId(), 'secret')).toBeUndefined()
    expect(await outcome(byPath('disk/secret.mp3'))).toBeUndefined()
    // Each was opened before it was known where it lies.
    for (const { path } of [disk, other]) expect(countOpenFiles(path)).toBe(0)
  })

  it('does not make files of a directory with a longer name served', async () => {
    const neighbour = `${disk.path}-private`
    renameSync(other.path, neighbour)
    symlinkSync(join(neighbour, 'secret.mp3'), join(tracks.path, 'neighbour.mp3'))
    expect(await outcome(byId(), 'neighbour')).toBeUndefined()
    rmSync(neighbour, { recursive: true })
  })

  it('is followed if the directory is itself named by a link', async () => {
    const mount = join(other.path, 'mount')
    symlinkSync(disk.path, mount)
    symlinkSync(join(mount, 'far.mp3'), join(tracks.path, 'mounted.mp3'))
    expect(await outcome(byId([mount]), 'mounted')).toBe('on another disk'.length)
  })
})

describe('A disk that is gone', () => {
  it('makes a link to it a fault, which players do not take for a track that was deleted', async () => {
    const [ids, kept] = [byId(), byId(undefined, 10)]
    await outcome(kept, 'near')
    renameSync(disk.path, `${disk.path}-away`)
    for (const source of [ids, kept]) {
      expect(await outcome(source, 'far')).toBe('unavailable')
      expect(await outcome(source, 'missing')).toBeUndefined()
      expect(await outcome(source, 'near')).toBe('near'.length)
      await expect(source.describe(requestFor('far'), cancellation)).rejects.toMatchObject({
        kind: 'unavailable',
        cause: { code: 'ENOENT' },
      })
    }
    expect(await outcome(byPath('disk/Album/a.mp3'))).toBe('unavailable')
    expect(await outcome(byPath('missing/a.mp3'))).toBeUndefined()
    renameSync(`${disk.path}-away`, disk.path)
    expect(await outcome(ids, 'far')).toBe('on another disk'.length)
  })

  it('leaves links into other directories what they are', async () => {
    rmSync(join(disk.path, 'far.mp3'))
    expect(await outcome(byId(), 'far')).toBeUndefined()
    symlinkSync(join(other.path, 'secret.mp3'), join(tracks.path, 'second.mp3'))
    const source = byId([disk.path, other.path])
    disk.remove()
    expect(await outcome(source, 'second')).toBe('secret'.length)
  })

  it('is a fault for everything if it is the directory itself', async () => {
    const source = byId()
    tracks.remove()
    expect(await outcome(source, 'near')).toBe('unavailable')
    expect(await outcome(source, 'missing')).toBe('unavailable')
  })
})
