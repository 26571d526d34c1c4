/** A tree of folders: listed, signed and played under the names that people give. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { idFromPath } from 'express-signed-stream'
import { ask, type Answer } from '../support/client'
import { makeTrackDirectory, queryFor, TRACK } from '../support/tracks'
import { runDemo, type Running } from './running'
import { PATHS } from './tree-paths'

const directory = makeTrackDirectory()
const elsewhere = makeTrackDirectory()

function write(path: string, content: Uint8Array | string = TRACK): void {
  mkdirSync(join(directory.path, dirname(path)), { recursive: true })
  directory.write(path, content)
}

let demo: Running

beforeAll(async () => {
  for (const path of PATHS) write(path)
  elsewhere.write('secret.mp3', 'outside')
  demo = await runDemo(directory.path, { LIBRARY: 'tree' })
})

afterAll(async () => {
  await demo[Symbol.asyncDispose]()
  directory.remove()
  elsewhere.remove()
})

interface Page {
  readonly tracks: readonly { readonly id: string; readonly path?: string; readonly size: number }[]
  readonly next?: string
  readonly isComplete?: boolean
  readonly library: string
}

async function pageOf(query = '', { port }: Pick<Running, 'port'> = demo): Promise<Page> {
  const { status, body } = await ask(port, `/api/tracks${query}`)
  expect(status).toBe(200)
  return JSON.parse(body.toString()) as Page
}

async function play(id: string, range = 'bytes=1000-1999'): Promise<Answer> {
  const signed = await ask(demo.port, `/api/sign/${encodeURIComponent(id)}`)
  expect(signed.status).toBe(200)
  const { url } = JSON.parse(signed.body.toString()) as { url: string }
  return ask(demo.port, url, { headers: { Range: range } })
}

describe('LIBRARY=tree', () => {
  it('lists the tracks of all folders, with those of one folder together', async () => {
    const { tracks, next, isComplete, library } = await pageOf()
    expect(tracks.map(({ path }) => path)).toEqual(PATHS)
    expect([next, isComplete, library]).toEqual([undefined, undefined, 'tree'])
    expect(tracks[7]).toEqual({
      id: 'Artist--Album--01_-2d__Intro-2e_flac',
      path: 'Artist/Album/01 - Intro.flac',
      size: 300_000,
      type: 'audio/flac',
      duration: null,
    })
  })

  it.each(PATHS)('signs and plays %j', async path => {
    const answer = await play(idFromPath(path))
    expect([answer.status, answer.headers['content-range']]).toEqual([206, 'bytes 1000-1999/300000'])
    expect(answer.body.equals(TRACK.subarray(1000, 2000))).toBe(true)
  })

  it('has pages that continue in any folder, also after a track that is gone', async () => {
    const listed: (string | undefined)[] = []
    for (let query = '?limit=2'; ;) {
      const { tracks, next } = await pageOf(query)
      listed.push(...tracks.map(({ path }) => path))
      if (next === undefined) break
      query = `?limit=2&after=${encodeURIComponent(next)}`
    }
    expect(listed).toEqual(PATHS)
    const gone = encodeURIComponent(idFromPath('Artist/Album/01 - Interlude.flac'))
    expect((await pageOf(`?limit=1&after=${gone}`)).tracks).toMatchObject([
      { path: 'Artist/Album/01 - Intro.flac' },
    ])
  })
})

describe('what is not a track', () => {
  it.each([
    ['a hidden file', '.hidden.mp3'],
    ['a file in a hidden folder', '.Trash/deleted.mp3'],
    ['a file of another kind', 'Artist/cover.jpg'],
    ['a file outside', 'outside.mp3'],
    ['a file in a folder outside', 'Elsewhere/secret.mp3'],
    ['a file through a loop', 'Loop/Überall.mp3'],
    ['a folder', 'folder.mp3'],
    ['a path that leads up', '../secret.mp3'],
  ])('is %s: not listed, and 404 for a valid link', async (_case, path) => {
    await using other = await runDemo(directory.path, { LIBRARY: 'tree' })
    if (path.startsWith('.Trash') || path.endsWith('hidden.mp3') || path.endsWith('.jpg')) write(path)
    if (path === 'outside.mp3') symlinkSync(join(elsewhere.path, 'secret.mp3'), join(directory.path, path))
    if (path.startsWith('Elsewhere')) symlinkSync(elsewhere.path, join(directory.path, 'Elsewhere'))
    if (path.startsWith('Loop')) symlinkSync('.', join(directory.path, 'Loop'))
    if (path === 'folder.mp3') mkdirSync(join(directory.path, path))
    const { tracks } = await pageOf('', other)
    expect(tracks.map(each => each.path)).toEqual(PATHS)
    if (path.startsWith('Loop')) return
    const id = path.startsWith('..') ? '-2e_-2e_--secret-2e_mp3' : idFromPath(path)
    expect((await ask(other.port, `/api/sign/${encodeURIComponent(id)}`)).status).toBe(404)
    const url = `/stream/${encodeURIComponent(id)}?${queryFor(id)}`
    expect((await ask(other.port, url)).status).toBe(404)
  })
})
