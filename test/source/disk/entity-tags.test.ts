/** Strong entity tags of files on disk: two contents never share one, and replicas of one content do. */
import { Buffer } from 'node:buffer'
import fs from 'node:fs'
import { appendFileSync, copyFileSync, renameSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AUDIO_EXTENSIONS } from 'express-signed-stream'
import { createDiskSource, type EntityTagBasis } from '../../../src/source/disk/disk-source'
import type { Representation } from '../../../src/http/representation'
import type { Source } from '../../../src/source/source'
import { openTrack } from '../../support/contract'
import { countOpenFiles } from '../../support/descriptors'
import { eventually } from '../../support/eventually'
import { makeTrackDirectory, type TrackDirectory } from '../../support/tracks'
import { requestFor } from '../../support/track-request'

const CONTENT = Buffer.alloc(500_000, 'one content; ')
const OTHER = Buffer.from(CONTENT)
OTHER.write('X', 250_000)

let tracks: TrackDirectory
beforeEach(() => {
  tracks = makeTrackDirectory()
})
afterEach(() => {
  tracks.remove()
})

function source(directory = tracks.path, entityTag: EntityTagBasis = 'stat'): Source {
  return createDiskSource({
    directory,
    extensions: AUDIO_EXTENSIONS,
    entityTag,
    cacheBytes: 0,
    cacheFiles: 0,
  })
}

async function describeTrack(from: Source, id = 'track1'): Promise<Representation> {
  const track = await openTrack(from, id)
  track.close()
  return track.representation
}

/** Times that tools set, in seconds since the epoch. */
const FIXED_TIMES: readonly [string, number][] = [
  ['0, of images', 0],
  ['1 s, of images', 1],
  ['1980-01-01, of zip archives and buildpacks', 315_532_801],
  ['1985-10-26, of npm packages', 499_162_500],
  ['SOURCE_DATE_EPOCH, of reproducible builds', 1_700_000_000],
  ['a time in milliseconds', 1_700_000_000.123],
  ['a time in microseconds', 1_700_000_000.123456],
]

describe.each(FIXED_TIMES)('of files whose time is %s', (_what, time) => {
  it('two contents of one size have two tags, in place and by rename', async () => {
    const file = join(tracks.path, 'track1.mp3')
    writeFileSync(file, CONTENT)
    utimesSync(file, time, time)
    const first = await describeTrack(source())
    writeFileSync(file, OTHER)
    utimesSync(file, time, time)
    const second = await describeTrack(source())
    writeFileSync(`${file}.new`, CONTENT)
    utimesSync(`${file}.new`, time, time)
    renameSync(`${file}.new`, file)
    const third = await describeTrack(source())
    expect(second.etag).not.toBe(first.etag)
    expect(third.etag).toBe(first.etag)
  })

  it('replicas of one content have one tag', async () => {
    const replica = makeTrackDirectory()
    for (const { path } of [tracks, replica]) {
      const file = join(path, 'track1.mp3')
      writeFileSync(file, CONTENT)
      utimesSync(file, time, time)
    }
    expect(await describeTrack(source(replica.path))).toEqual(await describeTrack(source()))
    replica.remove()
  })
})

it('a time that is not real is not sent as Last-Modified', async () => {
  const file = tracks.write('track1.mp3', CONTENT)
  for (const time of [0, 1, 315_532_800, 499_162_500]) {
    utimesSync(file, time, time)
    expect((await describeTrack(source())).lastModified).toBeUndefined()
  }
  utimesSync(file, 1_700_000_000, 1_700_000_000)
  expect((await describeTrack(source())).lastModified).toBe(1_700_000_000)
})

describe('hashing', () => {
  /** Much more than is read before a client disconnects. */
  const LONG_BYTES = 128 * 1024 * 1024

  function makeLong(name: string): string {
    const file = tracks.write(name, '')
    truncateSync(file, LONG_BYTES)
    utimesSync(file, 1, 1)
    return file
  }

  it.each([
    ['with caches', 10],
    ['without caches', 0],
  ])(
    'goes on when its last client disconnects, so that the next one need not wait for all of it, %s',
    async (_how, cacheFiles) => {
      makeLong('long.mp3')
      const kept = createDiskSource({
        directory: tracks.path,
        extensions: AUDIO_EXTENSIONS,
        entityTag: 'stat',
        cacheBytes: 1024,
        cacheFiles,
      })
      const read = jest.spyOn(fs, 'read')
      const clients = [new AbortController(), new AbortController()]
      const left = Promise.allSettled(
        clients.map(client => Promise.resolve(kept.open(requestFor('long'), client))),
      )
      await eventually(() => read.mock.calls.length > 0, 'the first bytes are read')
      for (const client of clients) client.abort()
      const next = await kept.open(requestFor('long'), new AbortController())
      // Once and not twice: a chunk has 256 KiB.
      expect(read).toHaveBeenCalledTimes(LONG_BYTES / (256 * 1024))
      for (const result of await left) if (result.status === 'fulfilled') result.value?.close()
      next?.close()
      read.mockRestore()
    },
  )

  it('that waits for another ends when its last client disconnects, and closes the file', async () => {
    makeLong('long.mp3')
    makeLong('other.mp3')
    const kept = source()
    const [staying, leaving] = [new AbortController(), new AbortController()]
    const long = kept.open(requestFor('long'), staying)
    await eventually(() => countOpenFiles(tracks.path) === 1, 'the first file is open')
    const other = Promise.allSettled([kept.open(requestFor('other'), leaving)])
    await eventually(() => countOpenFiles(tracks.path) === 2, 'the second file is open')
    leaving.abort(new Error('left'))
    expect(await other).toMatchObject([{ status: 'rejected' }])
    await eventually(() => countOpenFiles(tracks.path) === 1, 'the second file is closed')
    ;(await long)?.close()
  })

  it('goes on for the clients that stay', async () => {
    const file = tracks.write('track1.mp3', CONTENT)
    utimesSync(file, 1, 1)
    const kept = createDiskSource({
      directory: tracks.path,
      extensions: AUDIO_EXTENSIONS,
      entityTag: 'stat',
      cacheBytes: 1024,
      cacheFiles: 10,
    })
    const leaving = new AbortController()
    const left = Promise.resolve(kept.open(requestFor('track1'), leaving)).catch(() => 'left')
    const staying = Promise.resolve(kept.open(requestFor('track1'), new AbortController()))
    leaving.abort()
    expect(await left).toBe('left')
    const track = await staying
    expect(track?.representation.size).toBe(CONTENT.length)
    track?.close()
  })

  it('of a file that grows fails at once', async () => {
    const file = makeLong('growing.mp3')
    const byContent = source(tracks.path, 'content')
    const opening = Promise.resolve(byContent.open(requestFor('growing'), new AbortController()))
    const failed = opening.then(
      () => 'opened',
      () => 'failed',
    )
    const growing = setInterval(() => {
      appendFileSync(file, 'more')
    }, 1)
    expect(await failed).toBe('failed')
    clearInterval(growing)
  })
})

describe('a name in another form of Unicode', () => {
  const composed = 'Ça va été'.replaceAll(' ', '_').normalize('NFC')
  const decomposed = composed.normalize('NFD')

  it.each([
    ['composed', 'decomposed', composed, decomposed],
    ['decomposed', 'composed', decomposed, composed],
  ])('(%s on disk, %s in the link) is found', async (_disk, _link, onDisk, inLink) => {
    tracks.write(`${onDisk}.flac`, CONTENT)
    expect((await describeTrack(source(), inLink)).mediaType).toBe('audio/flac')
    expect((await source().describe(requestFor(inLink), new AbortController()))?.fileName).toBe(
      `${onDisk}.flac`,
    )
  })

  it('is opened only if there is none as it is signed', async () => {
    tracks.write(`${composed}.mp3`, 'composed')
    copyFileSync(tracks.write(`${decomposed}.mp3`, 'decomposed, longer'), join(tracks.path, 'copy.mp3'))
    expect((await describeTrack(source(), composed)).size).toBe('composed'.length)
    expect((await describeTrack(source(), decomposed)).size).toBe('decomposed, longer'.length)
  })
})
