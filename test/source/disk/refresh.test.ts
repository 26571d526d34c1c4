/** Looks at the names of known files in the background, with a clock and a storage that the test moves. */
import { openSync, statSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { DescriptorCache } from '../../../src/source/disk/descriptor-cache'
import { DiskFile, type FileLease } from '../../../src/source/disk/disk-file'
import { FileVersion } from '../../../src/source/disk/file-version'
import { SourceError } from '../../../src/source/source'
import { countOpenFiles } from '../../support/descriptors'
import { eventually } from '../../support/eventually'
import { makeTrackDirectory, type TrackDirectory } from '../../support/tracks'

let tracks: TrackDirectory
let now = 0
let storage: Storage
let cache: DescriptorCache

/** Each look and each opening waits until the test lets it go on. */
class Storage {
  readonly looks: { readonly id: string; end(isUnchanged: boolean): void }[] = []
  readonly openings: { end(): void; fail(): void }[] = []

  /** Lets all of them go on, so that nobody waits until the time is up. */
  end(): void {
    for (const look of this.looks) look.end(true)
    for (const opening of this.openings) opening.fail()
  }

  readonly finder = {
    open: (_id: string) =>
      new Promise<FileLease>((resolve, reject) => {
        this.openings.push({
          end: () => {
            resolve(takeFile())
          },
          fail: () => {
            reject(new SourceError('unavailable'))
          },
        })
      }),
    leadsTo: (id: string) =>
      new Promise<boolean>(resolve => {
        this.looks.push({ id, end: resolve })
      }),
  }
}

function takeFile(): FileLease {
  const path = tracks.write('track1.mp3', 'content')
  const version = new FileVersion(statSync(path, { bigint: true }), '"x"', undefined)
  const representation = { size: 7, mediaType: 'audio/mpeg', etag: '"x"', lastModified: undefined }
  return DiskFile.take({
    fd: openSync(path, 'r'),
    name: path,
    isDirect: true,
    version,
    representation,
    blocks: undefined,
  })
}

/** The file that a request gets at once, or 'waits'. */
function serve(id = 'track1', cancellation = new AbortController()): DiskFile | 'waits' {
  const lease = cache.open(id, cancellation)
  if (lease instanceof Promise) {
    void lease.then(
      late => late?.release(),
      () => undefined,
    )
    return 'waits'
  }
  lease?.release()
  return lease?.held ?? 'waits'
}

/** Makes `id` known at the present time. */
async function know(id = 'track1'): Promise<DiskFile> {
  const opening = cache.open(id, new AbortController())
  storage.openings.at(-1)?.end()
  const lease = await opening
  lease?.release()
  if (lease === undefined) throw new Error('The file was not opened')
  return lease.held
}

beforeEach(() => {
  tracks = makeTrackDirectory()
  now = 0
  storage = new Storage()
  cache = new DescriptorCache(1000, storage.finder, () => now)
})
afterEach(async () => {
  cache.clear()
  storage.end()
  await eventually(() => countOpenFiles(tracks.path) === 0, 'every file is closed')
  tracks.remove()
})

describe('A known file', () => {
  it('is looked at once in the background when it is half a second old, and served meanwhile', async () => {
    const file = await know()
    now = 499
    expect(serve()).toBe(file)
    expect(storage.looks).toHaveLength(0)
    for (now = 500; now < 1000; now += 50) expect(serve()).toBe(file)
    expect(storage.looks).toHaveLength(1)
  })

  it('is trusted for a second from the begin of a look that found it unchanged', async () => {
    const file = await know()
    now = 600
    serve()
    now = 700
    storage.looks[0]?.end(true)
    await turn()
    now = 1099
    expect(serve()).toBe(file)
    expect(storage.looks).toHaveLength(1)
    now = 1100
    expect(serve()).toBe(file)
    expect(storage.looks).toHaveLength(2)
  })

  it('makes a request wait that comes after a quiet minute', async () => {
    await know()
    now = 60_000
    expect(serve()).toBe('waits')
  })

  it('makes a request wait after a quiet minute in which a look did not come back', async () => {
    await know()
    now = 600
    serve()
    now = 60_000
    expect(serve()).toBe('waits')
  })

  it('is served while a look is late, for five seconds at most', async () => {
    const file = await know()
    now = 500
    serve()
    now = 5499
    expect(serve()).toBe(file)
    expect(storage.looks).toHaveLength(1)
    now = 5500
    expect(serve()).toBe('waits')
  })

  it('is served for half a second after a late look, in which a request makes the next one begin', async () => {
    const file = await know()
    now = 500
    serve()
    now = 3500
    storage.looks[0]?.end(true)
    await turn()
    now = 3999
    expect(serve()).toBe(file)
    expect(storage.looks).toHaveLength(2)
    storage.looks[1]?.end(true)
    await turn()
    now = 4998
    expect(serve()).toBe(file)
  })

  it('makes a request wait that comes half a second after a late look', async () => {
    await know()
    now = 500
    serve()
    now = 3500
    storage.looks[0]?.end(true)
    await turn()
    now = 4000
    expect(serve()).toBe('waits')
  })

  it('is served no longer than a second if a look found that it was replaced', async () => {
    const file = await know()
    now = 500
    serve()
    storage.looks[0]?.end(false)
    await turn()
    now = 999
    expect(serve()).toBe(file)
    now = 1000
    expect(serve()).toBe('waits')
    storage.openings.at(-1)?.end()
    await turn()
    const after = serve()
    expect(after).not.toBe('waits')
    expect(after).not.toBe(file)
    expect(storage.openings).toHaveLength(2)
  })

  it('gives the new file as soon as the background has opened it', async () => {
    const file = await know()
    now = 500
    serve()
    storage.looks[0]?.end(false)
    await turn()
    storage.openings.at(-1)?.end()
    await turn()
    expect(serve()).not.toBe(file)
  })

  it('is served until it is a second old if the storage fails, and then the request gets the fault', async () => {
    const file = await know()
    now = 500
    serve()
    storage.looks[0]?.end(false)
    await turn()
    storage.openings.at(-1)?.fail()
    await turn()
    now = 999
    expect(serve()).toBe(file)
    expect(storage.looks).toHaveLength(1)
    now = 1000
    const opening = cache.open('track1', new AbortController())
    storage.looks.at(-1)?.end(false)
    await turn()
    storage.openings.at(-1)?.fail()
    await expect(opening).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('is checked again after a check that hung, and after everybody who waited for it has left', async () => {
    await know()
    now = 500
    serve()
    now = 5500
    const listener = new AbortController()
    expect(serve('track1', listener)).toBe('waits')
    expect(storage.looks).toHaveLength(1)
    listener.abort()
    await turn()
    expect(serve()).toBe('waits')
    expect(storage.looks).toHaveLength(2)
  })

  it('is looked at by two looks at a time after looks that came back when nobody waited for them', async () => {
    for (const id of ['track1', 'track2', 'track3']) await know(id)
    now = 1000
    const listener = new AbortController()
    serve('track1', listener)
    listener.abort()
    await turn()
    serve('track1')
    storage.looks[1]?.end(true)
    await turn()
    now = 1500
    serve('track1')
    expect(storage.looks).toHaveLength(3)
    storage.looks[0]?.end(true)
    await turn()
    serve('track1')
    storage.looks[2]?.end(true)
    await turn()
    for (const id of ['track2', 'track3']) {
      serve(id)
      storage.looks.at(-1)?.end(true)
      await turn()
    }
    now = 2000
    const before = storage.looks.length
    for (const id of ['track1', 'track2', 'track3']) serve(id)
    expect(storage.looks).toHaveLength(before + 2)
  })

  it('is the newer one when an opening comes back for which nobody waits any more', async () => {
    const listener = new AbortController()
    serve('track1', listener)
    listener.abort()
    await turn()
    serve()
    storage.openings[1]?.end()
    await turn()
    const newer = serve()
    expect(newer).not.toBe('waits')
    storage.openings[0]?.end()
    await turn()
    expect(serve()).toBe(newer)
    await eventually(() => countOpenFiles(tracks.path) === 1, 'the older file is closed')
  })

  it('is kept when it was opened for a listener who has left, for the next one', async () => {
    const listener = new AbortController()
    serve('track1', listener)
    listener.abort()
    await turn()
    storage.openings[0]?.end()
    await turn()
    expect(serve()).not.toBe('waits')
  })

  it('is not opened again for nobody when it has left the cache during the look', async () => {
    await know()
    now = 500
    serve()
    cache.clear()
    await turn()
    storage.looks[0]?.end(false)
    await turn()
    expect(storage.openings).toHaveLength(1)
  })
})

it('looks at two files at a time in the background, with the four threads of the default', async () => {
  const ids = Array.from({ length: 100 }, (_, index) => `track${index}`)
  for (const id of ids) await know(id)
  now = 500
  for (const id of ids) expect(serve(id)).not.toBe('waits')
  expect(storage.looks).toHaveLength(2)
  storage.looks[0]?.end(true)
  await turn()
  for (const id of ids) serve(id)
  expect(storage.looks).toHaveLength(3)
})
