/** The recipe of `docs/recipes/album-folders.md`, on a real tree of folders. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { idFromPath } from 'express-signed-stream'
import { makeEnder } from './support/at-the-end'
import { ask } from './support/client'
import { makeRecipeProject, startRecipe, type RunningRecipe } from './support/recipe'

const atTheEnd = makeEnder()
const project = makeRecipeProject('album-folders')
atTheEnd(project.remove)
let server: RunningRecipe

interface Album {
  readonly folder: string
  readonly tracks: readonly { readonly title: string; readonly url: string }[]
  readonly expires: number
  readonly playUntil: number
}

beforeAll(async () => {
  for (const path of [
    'Björk/Début (1993)/2 - Human Behaviour.flac',
    'Björk/Début (1993)/10 - Aeroplane.FLAC',
    'Björk/Début (1993)/1 - Crying?.flac',
    'Björk/Début (1993)/Bonus/1 - Extra.flac',
    'Björk/Début (1993)/cover.jpg',
    // Its id would be too long.
    `Björk/Début (1993)/${'!'.repeat(130)}.flac`,
    'Björk/Début/1 - Other.flac',
    'Sigur Rós/( )/01 #1.flac',
  ]) {
    const file = join(project.path, 'music', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `the bytes of ${path}`)
  }
  writeFileSync(join(project.path, 'private.flac'), 'private')
  server = await startRecipe(project.path, 'server.ts')
  atTheEnd(() => server.stop())
})

async function albumOf(folder: string): Promise<Album> {
  const path = folder.split('/').map(encodeURIComponent).join('/')
  return JSON.parse((await ask(server.port, `/albums/${path}`)).body.toString()) as Album
}

const DEBUT = 'Björk/Début (1993)'

describe('The recipe with folders', () => {
  it('lists the folders that have tracks', async () => {
    const { body } = await ask(server.port, '/albums')
    expect(JSON.parse(body.toString())).toEqual(
      expect.arrayContaining([DEBUT, `${DEBUT}/Bonus`, 'Björk/Début', 'Sigur Rós/( )']),
    )
  })

  it('lists the tracks of an album in their order, and nothing that is not one', async () => {
    const { folder, tracks, expires, playUntil } = await albumOf(DEBUT)
    expect(folder).toBe(DEBUT)
    expect(tracks.map(({ title }) => title)).toEqual(['1 - Crying?', '2 - Human Behaviour', '10 - Aeroplane'])
    expect(playUntil - expires).toBe(8 * 3600)
  })

  it('plays every track by the one link of its album, whatever characters its name has', async () => {
    for (const [folder, name] of [
      [DEBUT, '1 - Crying?.flac'],
      [DEBUT, '10 - Aeroplane.FLAC'],
      ['Sigur Rós/( )', '01 #1.flac'],
    ] as const) {
      const { tracks } = await albumOf(folder)
      expect(new Set(tracks.map(({ url }) => new URL(url, server.origin).search)).size).toBe(1)
      const track = tracks.find(({ title }) => name.startsWith(title))
      const { status, headers, body } = await ask(server.port, track?.url ?? '')
      expect([status, headers['content-type'], body.toString()]).toEqual([
        200,
        'audio/flac',
        `the bytes of ${folder}/${name}`,
      ])
      expect(headers['content-disposition']).toContain(`filename="${name}"`)
    }
  })

  it('opens a folder in the album by the link of the album, and no other album', async () => {
    const { tracks } = await albumOf(DEBUT)
    const { search } = new URL(tracks[0]?.url ?? '', server.origin)
    async function statusOf(path: string): Promise<number> {
      return (await ask(server.port, `/stream/${encodeURIComponent(idFromPath(path))}${search}`)).status
    }
    expect(await statusOf(`${DEBUT}/Bonus/1 - Extra.flac`)).toBe(200)
    expect(await statusOf('Björk/Début/1 - Other.flac')).toBe(403)
    expect(await statusOf('Sigur Rós/( )/01 #1.flac')).toBe(403)
  })

  it.each(['Nobody/Nothing', '..', '../..', 'Björk', 'Björk/Début (1993)/cover.jpg'])(
    'has no album %s',
    async folder => {
      const path = folder.split('/').map(encodeURIComponent).join('/')
      expect((await ask(server.port, `/albums/${path}`)).status).toBe(404)
    },
  )

  it('shows an album that was added while it runs', async () => {
    mkdirSync(join(project.path, 'music/New/Album'), { recursive: true })
    writeFileSync(join(project.path, 'music/New/Album/1.flac'), 'new')
    const [track] = (await albumOf('New/Album')).tracks
    expect((await ask(server.port, track?.url ?? '')).body.toString()).toBe('new')
  })
})
