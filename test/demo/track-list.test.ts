import { EventEmitter, once } from 'node:events'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { listIds } from '../../demo/library/flat-library'
import type { Library } from '../../demo/library/library'
import { createTrackList, type DescribeTrack, type PageRequest } from '../../demo/library/track-list'
import { compareIds, indexAfter, readTrackIds } from '../../demo/library/track-ids'
import { sortInTurns } from '../../demo/work/sort-in-turns'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, TRACK } from '../support/tracks'
import { runDemo } from './running'

const directory = makeTrackDirectory()
afterAll(directory.remove)

/** Of a client that stays. */
const { signal: STAYS } = new AbortController()
const FIRST: PageRequest = { after: undefined, limit: 200 }

function makeIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `track${index + 1}`)
}

/** A flat library of the ids that `readIds` returns at each listing. */
function libraryOf(readIds: () => string[]): Pick<Library, 'list' | 'freshFor' | 'fileOf'> {
  return { freshFor: 1000, list: () => Promise.resolve(listIds(readIds())), fileOf: () => undefined }
}

/** Describes tracks when the test allows it, and counts. */
class Describer extends EventEmitter<{ call: [] }> {
  calls = 0
  inProgress = 0
  most = 0
  readonly #waiting: (() => void)[] = []

  readonly describe: DescribeTrack = async id => {
    this.calls += 1
    this.inProgress += 1
    this.most = Math.max(this.most, this.inProgress)
    this.emit('call')
    await new Promise<void>(resolve => this.#waiting.push(resolve))
    this.inProgress -= 1
    return { size: 1, type: 'audio/mpeg', etag: '"1"', lastModified: undefined, fileName: `${id}.mp3` }
  }

  async finish(): Promise<void> {
    while (this.inProgress > 0) {
      for (const resolve of this.#waiting.splice(0)) resolve()
      await new Promise(setImmediate)
    }
  }
}

function makeList(count: number): {
  list: ReturnType<typeof createTrackList>
  describer: Describer
  reads: () => number
} {
  const describer = new Describer()
  let reads = 0
  const list = createTrackList({
    library: libraryOf(() => {
      reads += 1
      return makeIds(count)
    }),
    describeTrack: describer.describe,
  })
  return { list, describer, reads: () => reads }
}

async function untilBusy(describer: Describer): Promise<void> {
  if (describer.inProgress === 0) await once(describer, 'call')
}

describe('createTrackList', () => {
  it('reads the directory and describes a page once for a hundred clients, eight tracks at a time', async () => {
    const { list, describer, reads } = makeList(1000)
    const pages = Promise.all(
      Array.from({ length: 100 }, () => list.page(FIRST, new AbortController().signal)),
    )
    await untilBusy(describer)
    await describer.finish()
    for (const { tracks, next } of await pages) {
      expect(tracks.map(({ id }) => id)).toEqual(makeIds(200))
      expect(next).toBe('track200')
    }
    await list.page(FIRST, STAYS)
    expect([reads(), describer.calls, describer.most]).toEqual([1, 200, 8])
  })

  it('describes eight at a time over all pages', async () => {
    const { list, describer } = makeList(1000)
    const pages = Promise.all(
      [undefined, 'track200', 'track500'].map(after => list.page({ after, limit: 100 }, STAYS)),
    )
    await untilBusy(describer)
    await describer.finish()
    await pages
    expect([describer.calls, describer.most]).toEqual([300, 8])
  })

  it('ends when the last client has left, and not before', async () => {
    const { list, describer } = makeList(1000)
    const clients = [new AbortController(), new AbortController()]
    const pages = Promise.allSettled(clients.map(({ signal }) => list.page(FIRST, signal)))
    await untilBusy(describer)
    clients[0]?.abort()
    await describer.finish()
    expect(describer.calls).toBe(200)
    expect((await pages).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])

    const other = makeList(1000)
    const leaving = new AbortController()
    const left = other.list.page(FIRST, leaving.signal)
    await untilBusy(other.describer)
    leaving.abort()
    await expect(left).rejects.toThrow()
    await other.describer.finish()
    expect(other.describer.calls).toBe(8)
  })

  it('begins nothing new for a client that comes while an aborted page ends', async () => {
    const { list, describer } = makeList(10)
    for (let round = 0; round < 50; round += 1) {
      const client = new AbortController()
      const page = list.page(FIRST, client.signal)
      if (round === 0) await untilBusy(describer)
      client.abort()
      await expect(page).rejects.toThrow()
    }
    expect(describer.calls).toBe(8)
    const page = list.page(FIRST, STAYS)
    await describer.finish()
    expect((await page).tracks).toHaveLength(10)
    expect(describer.most).toBe(8)
  })

  it('makes 32 pages at a time, and refuses others', async () => {
    const { list, describer } = makeList(1000)
    const pages = Array.from({ length: 33 }, (_, index) =>
      list.page({ after: `track${index + 1}`, limit: 1 }, new AbortController().signal),
    )
    const settled = Promise.allSettled(pages)
    await untilBusy(describer)
    await describer.finish()
    expect((await settled).filter(({ status }) => status === 'rejected')).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ name: 'TooMuchWorkError' }) as Error },
    ])
  })

  it('reads the directory again at once if it was empty', async () => {
    const files: string[] = []
    const list = createTrackList({
      library: libraryOf(() => [...files]),
      describeTrack: fileName =>
        Promise.resolve({ size: 1, type: 'audio/mpeg', etag: '"1"', lastModified: undefined, fileName }),
    })
    expect((await list.page(FIRST, STAYS)).tracks).toEqual([])
    files.push('first')
    expect((await list.page(FIRST, STAYS)).tracks).toMatchObject([{ id: 'first' }])
  })

  it('leaves out a track that cannot be described', async () => {
    const list = createTrackList({
      library: libraryOf(() => ['a', 'b', 'c']),
      describeTrack: id =>
        id === 'b'
          ? Promise.reject(new Error('EACCES'))
          : Promise.resolve({
              size: 1,
              type: 'audio/mpeg',
              etag: '"1"',
              lastModified: undefined,
              fileName: id,
            }),
    })
    expect((await list.page(FIRST, STAYS)).tracks.map(({ id }) => id)).toEqual(['a', 'c'])
  })
})

describe('readTrackIds', () => {
  it('has each id once, in an order in which each page can continue', async () => {
    const names = ['b.mp3', 'a10.mp3', 'a2.mp3', 'a02.mp3', 'a2.flac', 'é.ogg', 'E.ogg', 'x y.mp3', 'n.txt']
    for (const name of names) directory.write(name, '')
    mkdirSync(join(directory.path, 'folder'))
    symlinkSync('b.mp3', join(directory.path, 'alias.mp3'))
    const ids = await readTrackIds(directory.path, STAYS)
    expect(ids).toEqual(['a02', 'a2', 'a10', 'alias', 'b', 'E', 'é'])
    expect(ids.map(id => indexAfter(ids, id))).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect([indexAfter(ids, 'a'), indexAfter(ids, 'a3'), indexAfter(ids, 'zz')]).toEqual([0, 2, 7])
  })

  it('ends with its client, and closes the directory', async () => {
    const controller = new AbortController()
    controller.abort(new Error('Left'))
    await expect(readTrackIds(directory.path, controller.signal)).rejects.toThrow('Left')
  })
})

describe('sortInTurns', () => {
  it('sorts thousands as sort does, in steps between which the event loop runs', async () => {
    const ids = Array.from({ length: 5000 }, (_, index) => `track${(index * 7919) % 100_003}`)
    let turns = 0
    let isSorting = true
    function count(): void {
      turns += 1
      if (isSorting) setImmediate(count)
    }
    setImmediate(count)
    expect(await sortInTurns(ids, compareIds, STAYS)).toEqual([...ids].sort(compareIds))
    isSorting = false
    // One for each of ten runs of 500, and some 35 for the four rounds that merge them.
    expect(turns).toBeGreaterThan(40)
  })
})

interface Page {
  readonly tracks: readonly { readonly id: string }[]
  readonly next?: string
}

describe('GET /api/tracks', () => {
  const many = makeTrackDirectory()
  const ids = makeIds(450)
  for (const id of ids) many.write(`${id}.mp3`, 'no music')
  many.write('song.mp3', TRACK)
  afterAll(many.remove)

  async function pageOf(port: number, query: string): Promise<Page> {
    const { status, body } = await ask(port, `/api/tracks${query}`)
    expect(status).toBe(200)
    return JSON.parse(body.toString()) as Page
  }

  it('has 200 tracks on a page, and the id that the next one follows', async () => {
    await using demo = await runDemo(many.path)
    const listed: string[] = []
    const sizes: number[] = []
    for (let query = ''; ;) {
      const { tracks, next } = await pageOf(demo.port, query)
      listed.push(...tracks.map(({ id }) => id))
      sizes.push(tracks.length)
      if (next === undefined) break
      query = `?after=${next}`
    }
    expect(sizes).toEqual([200, 200, 51])
    expect(listed).toEqual(['song', ...ids].sort(compareIds))
    expect(await pageOf(demo.port, '?limit=2&after=track449')).toMatchObject({ tracks: [{ id: 'track450' }] })
  })

  it.each(['limit=0', 'limit=501', 'limit=1e2', 'limit=', 'after=', 'after=a.b', 'after=a&after=b'])(
    'responds with 400 to %s',
    async query => {
      await using demo = await runDemo(many.path)
      expect((await ask(demo.port, `/api/tracks?${query}`)).status).toBe(400)
    },
  )

  it('is closed in production, unless OPEN_SIGNING is true', async () => {
    const production = { NODE_ENV: 'production', HOST: 'localhost' }
    await using closed = await runDemo(many.path, production)
    for (const path of [
      '/api/tracks',
      '/api/tracks/',
      '/API/Tracks',
      '/api//tracks',
      '/api/tracks?limit=1',
      '/api/./tracks',
    ]) {
      const answer = await ask(closed.port, path, { headers: { Origin: 'https://app.example' } })
      expect([path, answer.status === 200, answer.body.includes('track1')]).toEqual([path, false, false])
    }
    const answer = await ask(closed.port, '/api/tracks')
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
      403,
      { error: 'This server lists no tracks here: its operator has not set OPEN_SIGNING to true' },
    ])
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': '*' })
    expect((await ask(closed.port, pathFor('song'))).status).toBe(200)

    await using open = await runDemo(many.path, { ...production, OPEN_SIGNING: 'true' })
    expect((await ask(open.port, '/api/tracks')).status).toBe(200)
  })
})
