/** `fileSource` as apps use it: given to a router, and called by a source of their own. */
import { Buffer } from 'node:buffer'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createStreamHandler,
  fileSource,
  idFromPath,
  pathFromId,
  SourceError,
  type FileSourceOptions,
  type SourceTrack,
  type TrackSource,
} from 'express-signed-stream'
import { ask } from '../../support/client'
import { countOpenFiles } from '../../support/descriptors'
import { eventually } from '../../support/eventually'
import { listen } from '../../support/server'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
mkdirSync(join(tracks.path, 'Album'))
tracks.write('Album/a.flac', 'flac')
tracks.write('Album/plain', 'plain')
afterAll(tracks.remove)

const { signal } = new AbortController()

function source(options: Partial<FileSourceOptions> = {}): TrackSource {
  return fileSource({ dir: tracks.path, ...options })
}

async function open(from: TrackSource, id: string, key = id): Promise<SourceTrack | undefined> {
  return from.open(id, { signal, key, want: { first: 0 } })
}

async function openTrack(from: TrackSource, id = 'track1', key = id): Promise<SourceTrack> {
  const track = await open(from, id, key)
  if (track === undefined) throw new Error(`No track ${id}`)
  return track
}

async function read(track: SourceTrack, first = 0, last = track.size - 1): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of track.read({ first, last }, { signal })) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function noFileIsOpen(): Promise<void> {
  await eventually(() => countOpenFiles(tracks.path) === 0, 'every file is closed')
}
afterEach(noFileIsOpen)

describe('A router with a fileSource', () => {
  it('serves what it serves with dir, and keeps the file open as with dir', async () => {
    const kept = makeTrackDirectory()
    kept.write('track1.mp3', TRACK)
    const common = { path: '/stream', secret: SECRET }
    await using short = await listen(createStreamHandler({ ...common, dir: kept.path }))
    await using long = await listen(
      createStreamHandler({ ...common, source: fileSource({ dir: kept.path }) }),
    )
    const answers = []
    for (const { port } of [short, long]) {
      const { status, headers, body } = await ask(port, pathFor('track1'))
      answers.push([status, headers['content-type'], headers.etag, headers['last-modified'], body])
    }
    expect(answers[1]).toEqual(answers[0])
    expect(countOpenFiles(kept.path)).toBe(2)
    kept.remove()
  })

  it('asks its resolver, and takes no option of files besides', async () => {
    const own = fileSource({ dir: tracks.path, resolve: pathFromId })
    await using server = await listen(
      createStreamHandler({ path: '/stream', secret: SECRET, source: own, cache: false }),
    )
    expect((await ask(server.port, pathFor(idFromPath('Album/a.flac')))).body.toString()).toBe('flac')
    expect(() => createStreamHandler({ secret: SECRET, source: own, growing: true })).toThrow(
      'growing belongs to dir: give it to the source itself, or leave it out',
    )
  })

  it('names what is wrong with its options', () => {
    expect(() => fileSource({ dir: '/nowhere' })).toThrow(
      'Cannot make fileSource: dir must be an existing directory, got "/nowhere"',
    )
    expect(() => source({ growing: true, entityTag: 'content' })).toThrow(
      'Cannot make fileSource: growing does not',
    )
  })
})

describe('A fileSource that is called', () => {
  it('describes a track, and reads any part of it', async () => {
    const track = await openTrack(source())
    expect(track).toMatchObject({
      size: TRACK.length,
      type: 'audio/mpeg',
      lastModified: expect.any(Date) as Date,
    })
    expect((await read(track)).equals(TRACK)).toBe(true)
    expect((await read(track, 65_535, 131_073)).equals(TRACK.subarray(65_535, 131_074))).toBe(true)
    const [a, b] = await Promise.all([read(track, 5, 9), read(track, 100_000, 250_000)])
    expect(a.equals(TRACK.subarray(5, 10))).toBe(true)
    expect(b.equals(TRACK.subarray(100_000, 250_001))).toBe(true)
    track.close?.()
    track.close?.()
  })

  it('never writes again to what it gave', async () => {
    const track = await openTrack(source())
    const given: Uint8Array[] = []
    for await (const piece of track.read({ first: 0, last: 199_999 }, { signal })) given.push(piece)
    await read(track, 200_000)
    expect(Buffer.concat(given).equals(TRACK.subarray(0, 200_000))).toBe(true)
    track.close?.()
  })

  it.each([
    ['that does not exist', 'missing'],
    ['without characters', ''],
    ['that leads up', '../track1'],
    ['that is a path', 'Album/a'],
    ['with NUL', 'a\0'],
    ['longer than a file name', 'x'.repeat(512)],
    ['much longer than a file name', '音'.repeat(512)],
    ['longer than an id', 'a'.repeat(5000)],
  ])('has no track under an id %s', async (_what, id) => {
    expect(await open(source(), id)).toBeUndefined()
    expect(await open(source({ resolve: pathFromId }), id)).toBeUndefined()
  })

  it('locates by its resolver, with the grant, and opens what it located', async () => {
    const grant = { id: 'x', expires: 2_000_000_000, keyIndex: 0 }
    const files = source({
      resolve: (id, context) =>
        context.grant?.id === id ? { path: 'Album/plain', type: 'audio/ogg', fileName: 'A.ogg' } : undefined,
    })
    expect(await files.locate?.('y', { signal, grant })).toBeUndefined()
    const location = await files.locate?.('x', { signal, grant })
    expect(location).toMatchObject({ type: 'audio/ogg', fileName: 'A.ogg' })
    const track = await openTrack(files, 'x', location?.key)
    expect([track.type, (await read(track)).toString()]).toEqual(['audio/ogg', 'plain'])
    track.close?.()
  })

  it('gives two ids of one file one key', async () => {
    const files = source({ resolve: () => 'Album/a.flac' })
    const keys = [
      await files.locate?.('a', { signal, grant: undefined }),
      await files.locate?.('b', { signal, grant: undefined }),
    ]
    expect(keys[0]?.key).toBe(keys[1]?.key)
    const track = await openTrack(files, 'a', keys[0]?.key)
    expect(track.type).toBe('audio/flac')
    track.close?.()
  })

  it.each(['\0../track1.mp3', 'audio/mpeg\0/etc/passwd', '\0a\0b.mp3', '\0'])(
    'opens nothing for a key that it did not give: %j',
    async key => {
      expect(await open(source({ resolve: () => undefined }), 'a', key)).toBeUndefined()
    },
  )

  it('asks its resolver if it is opened without having located', async () => {
    const track = await openTrack(source({ resolve: pathFromId }), idFromPath('Album/a.flac'))
    expect((await read(track)).toString()).toBe('flac')
    track.close?.()
  })

  it('ends a read when its signal aborts, when it is returned, and when the track is closed', async () => {
    const track = await openTrack(source())
    const leaving = new AbortController()
    const aborted = track.read({ first: 0, last: TRACK.length - 1 }, leaving)[Symbol.asyncIterator]()
    await aborted.next()
    const reason = new Error('Nobody waits')
    const pending = aborted.next()
    leaving.abort(reason)
    await expect(pending).rejects.toBe(reason)
    expect(await aborted.next()).toEqual({ done: true, value: undefined })

    for await (const piece of track.read({ first: 0, last: TRACK.length - 1 }, { signal })) {
      expect(piece.length).toBeLessThan(TRACK.length)
      break
    }
    const closed = track.read({ first: 0, last: TRACK.length - 1 }, { signal })[Symbol.asyncIterator]()
    await closed.next()
    track.close?.()
    await expect(closed.next()).rejects.toMatchObject({ name: 'SourceError', kind: 'read_error' })
  })

  it('gives the reason of a signal that aborts before it has opened, and closes what it opens', async () => {
    const leaving = new AbortController()
    // Of a file that may grow nothing is hashed, so that no other step sees the signal.
    const files = source({ growing: true })
    const opening = files.open('track1', { signal: leaving.signal, key: 'track1', want: { first: 0 } })
    const reason = new Error('Nobody waits')
    leaving.abort(reason)
    await expect(opening).rejects.toBe(reason)
    // By then, the first file has been opened too.
    const later = await openTrack(files)
    later.close?.()
    await noFileIsOpen()
  })

  it.each<[string, (file: string) => void, string]>([
    [
      'truncated',
      file => {
        truncateSync(file, 100)
      },
      'truncated',
    ],
    [
      'rewritten',
      file => {
        writeFileSync(file, TRACK.toReversed())
      },
      'changed',
    ],
  ])('never gives all of a file that was %s', async (_what, change, kind) => {
    const file = tracks.write(`harmed-${kind}.mp3`, TRACK)
    const harmed = await openTrack(source(), `harmed-${kind}`)
    const pieces = harmed.read({ first: 0, last: TRACK.length - 1 }, { signal })[Symbol.asyncIterator]()
    await pieces.next()
    change(file)
    const fault = await (async () => {
      for (;;) if ((await pieces.next()).done === true) return undefined
    })().catch((error: unknown) => error)
    expect(fault).toBeInstanceOf(SourceError)
    expect(fault).toMatchObject({ kind })
    harmed.close?.()
  })

  it('is unavailable while its directory is gone', async () => {
    const gone = makeTrackDirectory()
    const files = fileSource({ dir: gone.path })
    gone.remove()
    await expect(open(files, 'track1')).rejects.toMatchObject({ name: 'SourceError', kind: 'unavailable' })
  })
})
