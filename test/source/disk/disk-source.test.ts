import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AUDIO_EXTENSIONS } from '../../../src/http/media-type'
import {
  createDiskSource,
  type DiskSourceOptions,
  type EntityTagBasis,
} from '../../../src/source/disk/disk-source'
import type { Source, SourceError } from '../../../src/source/source'
import { describeSource, openTrack, readAll, type HarmedTrack } from '../../support/contract'
import { countOpenFiles } from '../../support/descriptors'
import { makeTrackDirectory, MODIFIED, TRACK } from '../../support/tracks'
import { requestFor } from '../../support/track-request'

const tracks = makeTrackDirectory()
const outside = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
afterAll(() => {
  tracks.remove()
  outside.remove()
})

/** Without caches, so that each test sees the disk. */
const OPTIONS = {
  directory: tracks.path,
  extensions: AUDIO_EXTENSIONS,
  entityTag: 'stat',
  cacheBytes: 0,
  cacheFiles: 0,
} as const

const source = diskSource(tracks.path)
function diskSource(directory: string, entityTag: EntityTagBasis = 'stat'): Source {
  return createDiskSource({ ...OPTIONS, directory, entityTag })
}

const cancellation = new AbortController()

const HOT = { cacheBytes: 10_000_000, cacheFiles: 10 }
const CRAMPED = { cacheBytes: 1000, cacheFiles: 1 }
const hot = createDiskSource({ ...OPTIONS, ...HOT })
const cramped = createDiskSource({ ...OPTIONS, ...CRAMPED })

/** A new track in `from`. */
function harm(from: Source, strike: (file: string) => void): () => HarmedTrack {
  return () => {
    const id = `harmed${harmed++}`
    const file = tracks.write(`${id}.mp3`, TRACK)
    return {
      source: from,
      id,
      strike() {
        strike(file)
      },
    }
  }
}
let harmed = 0

/** A directory that is gone. */
function unavailable(options: Partial<DiskSourceOptions>): Source {
  const gone = makeTrackDirectory()
  gone.remove()
  return createDiskSource({ ...OPTIONS, ...options, directory: gone.path })
}

const KINDS: readonly [string, Source, Partial<DiskSourceOptions>][] = [
  ['A directory on disk', source, {}],
  ['A directory on disk, kept ready', hot, HOT],
  ['A directory on disk, kept ready in too little room', cramped, CRAMPED],
]
for (const [name, from, options] of KINDS) {
  describeSource(name, {
    source: () => from,
    content: TRACK,
    unavailable: () => unavailable(options),
    harms: {
      truncated: harm(from, file => {
        truncateSync(file, 100)
      }),
      changed: harm(from, file => {
        writeFileSync(file, Buffer.alloc(TRACK.length, 'other'))
      }),
    },
  })
}

describe('A directory on disk', () => {
  it('opens nothing but regular files, waits for none of them, and keeps no descriptor', async () => {
    mkdirSync(join(tracks.path, 'directory.mp3'))
    execFileSync('mkfifo', [join(tracks.path, 'fifo.mp3')])
    symlinkSync('/dev/zero', join(tracks.path, 'device.mp3'))
    symlinkSync('loop.mp3', join(tracks.path, 'loop.mp3'))
    symlinkSync('nowhere.mp3', join(tracks.path, 'dangling.mp3'))
    const before = countOpenFiles(tracks.path)
    for (const id of ['directory', 'fifo', 'fifo', 'fifo', 'fifo', 'fifo', 'device', 'loop', 'dangling']) {
      expect(await source.open(requestFor(id), cancellation)).toBeUndefined()
    }
    expect(countOpenFiles(tracks.path)).toBe(before)
  })

  it('follows a link that stays inside, and none that leads out', async () => {
    outside.write('secret.mp3', 'secret')
    symlinkSync(join(outside.path, 'secret.mp3'), join(tracks.path, 'escape.mp3'))
    symlinkSync('track1.mp3', join(tracks.path, 'alias.mp3'))
    const before = countOpenFiles(tracks.path)
    expect(await source.open(requestFor('escape'), cancellation)).toBeUndefined()
    expect(countOpenFiles(tracks.path)).toBe(before)
    const alias = await openTrack(source, 'alias')
    expect(alias.representation.size).toBe(TRACK.length)
    alias.close()
  })

  it('does not take a directory whose name begins with its own for itself', async () => {
    const neighbour = `${tracks.path}-private`
    mkdirSync(neighbour)
    writeFileSync(join(neighbour, 'x.mp3'), 'x')
    symlinkSync(join(neighbour, 'x.mp3'), join(tracks.path, 'neighbour.mp3'))
    expect(await source.open(requestFor('neighbour'), cancellation)).toBeUndefined()
    rmSync(neighbour, { recursive: true })
  })

  it('may itself be a link that a deployment moves', async () => {
    const release = makeTrackDirectory()
    const link = join(outside.path, 'current')
    release.write('track1.mp3', 'release')
    symlinkSync(tracks.path, link)
    const linked = diskSource(link)
    const first = await openTrack(linked, 'track1')
    expect(first.representation.size).toBe(TRACK.length)
    rmSync(link)
    symlinkSync(release.path, link)
    const second = await openTrack(linked, 'track1')
    expect(second.representation.size).toBe('release'.length)
    first.close()
    second.close()
    release.remove()
  })

  it('has nothing under a name that is too long for the file system', async () => {
    expect(await source.open(requestFor('音'.repeat(128)), cancellation)).toBeUndefined()
  })

  it('gives another tag to other content of the same size and time, and the same tag to a copy', async () => {
    const first = await openTrack(source, 'track1')
    outside.write('track1.mp3', TRACK)
    const replica = await openTrack(diskSource(outside.path), 'track1')
    expect(replica.representation.etag).toBe(first.representation.etag)
    outside.write('track1.mp3', Buffer.from(TRACK).reverse())
    const touched = await openTrack(diskSource(outside.path), 'track1')
    expect(touched.representation.etag).not.toBe(first.representation.etag)
    first.close()
    replica.close()
    touched.close()
  })
})

describe('An entity tag', () => {
  async function tagOf(content: string, modified: Date, basis: EntityTagBasis = 'stat'): Promise<string> {
    const file = tracks.write('tagged.mp3', content)
    utimesSync(file, modified, modified)
    const track = await openTrack(diskSource(tracks.path, basis), 'tagged')
    track.close()
    return track.representation.etag
  }

  it.each([0, 1000])(
    'is a hash of the content if the time is %d ms, which identifies no content',
    async time => {
      const tag = await tagOf('one', new Date(time))
      expect(tag).toBe(`"${createHash('sha256').update('one').digest('base64url')}"`)
      expect(await tagOf('two', new Date(time))).not.toBe(tag)
    },
  )

  it('is a hash of the content by choice, whatever the time', async () => {
    const tag = await tagOf('one', MODIFIED, 'content')
    expect(await tagOf('one', new Date(), 'content')).toBe(tag)
    expect(await tagOf('two', MODIFIED, 'content')).not.toBe(tag)
  })

  it('of an empty file is a hash too', async () => {
    expect(await tagOf('', new Date(0))).toMatch(/^"[\w-]{43}"$/)
  })

  it('comes without a date if the time is not real', async () => {
    await tagOf('one', new Date(1000))
    const track = await openTrack(source, 'tagged')
    expect(track.representation.lastModified).toBeUndefined()
    track.close()
  })

  it('differs after a change in the same tick in which the file was written', async () => {
    // At once, because each of them waits for the tick to end.
    const hasty = Array.from({ length: 20 }, (_, index) => `hasty${index}`)
    const changed = hasty.map(async id => {
      const content = Buffer.alloc(1000)
      const file = join(tracks.path, `${id}.mp3`)
      writeFileSync(file, content)
      const before = await openTrack(source, id)
      const reader = before.read({ first: 0, last: 999 }, cancellation)
      writeFileSync(file, content.fill(1))
      const after = await openTrack(source, id)
      expect(after.representation.etag).not.toBe(before.representation.etag)
      await expect(Promise.resolve(reader.next(true))).rejects.toMatchObject({ kind: 'changed' })
      before.close()
      after.close()
    })
    await Promise.all(changed)
  })
})

describe('A file that changes while it is read', () => {
  /** Opens a track, reads its first chunk, lets `change` happen, and reads on. */
  async function readAcross(change: (file: string) => void): Promise<{ bytes?: Buffer; fault?: unknown }> {
    const file = tracks.write('changing.mp3', TRACK)
    const track = await openTrack(source, 'changing')
    const reader = track.read({ first: 0, last: TRACK.length - 1 }, cancellation)
    const start = await Promise.resolve(reader.next(true))
    change(file)
    try {
      return { bytes: Buffer.concat([start ?? Buffer.of(), await readAll(reader)]) }
    } catch (fault) {
      return { fault: (fault as SourceError).kind }
    } finally {
      track.close()
    }
  }

  it.each<[string, (file: string) => void, string]>([
    [
      'truncated',
      file => {
        truncateSync(file, 100_000)
      },
      'truncated',
    ],
    [
      'truncated behind the range',
      file => {
        truncateSync(file, TRACK.length - 1)
      },
      'truncated',
    ],
    [
      'emptied',
      file => {
        truncateSync(file, 0)
      },
      'truncated',
    ],
    [
      'grown',
      file => {
        appendFileSync(file, 'more')
      },
      'changed',
    ],
    [
      'rewritten',
      file => {
        writeFileSync(file, TRACK.toReversed())
      },
      'changed',
    ],
    [
      'rewritten in the same size',
      file => {
        writeFileSync(file, Buffer.alloc(TRACK.length))
      },
      'changed',
    ],
    [
      'rewritten in the same size with its time put back',
      file => {
        writeFileSync(file, Buffer.alloc(TRACK.length))
        utimesSync(file, MODIFIED, MODIFIED)
      },
      'changed',
    ],
  ])('%s, never gives its last bytes', async (_what, change, fault) => {
    expect(await readAcross(change)).toEqual({ fault })
  })

  it.each<[string, (file: string) => void]>([
    [
      'deleted',
      file => {
        rmSync(file)
      },
    ],
    [
      'replaced by rename',
      file => {
        writeFileSync(`${file}.new`, Buffer.alloc(10))
        renameSync(`${file}.new`, file)
      },
    ],
  ])('%s, is read to its end with its former content', async (_what, change) => {
    const { bytes } = await readAcross(change)
    expect(bytes?.equals(TRACK)).toBe(true)
  })
})
