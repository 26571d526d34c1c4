import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import {
  createLinks,
  createStreamHandler,
  idFromPath,
  isTrackId,
  isTrackPath,
  pathFromId,
} from 'express-signed-stream'
import { anyText } from './support/any-text'
import { ask } from './support/client'
import { listen } from './support/server'
import { makeTrackDirectory, SECRET } from './support/tracks'

describe('The id of a path', () => {
  it.each([
    ['Artist/Album/01 - Name.flac', 'Artist--Album--01_-2d__Name-2e_flac'],
    ['track1.mp3', 'track1-2e_mp3'],
    ['Sigur Rós/曲.mp3', 'Sigur_Rós--曲-2e_mp3'],
    ["It's_a-b/c  d.mp3", 'It-27_s-5f_a-2d_b--c__d-2e_mp3'],
    ['🎵.mp3', '-1f3b5_-2e_mp3'],
    ['..a/...', '-2e_-2e_a---2e_-2e_-2e_'],
    ['हिन्दी.ogg', 'हिन्दी-2e_ogg'],
    ['C:\\a', 'C-3a_-5c_a'],
    ['line\nbreak', 'line-a_break'],
  ])('of %j is %s, and leads back', (path, id) => {
    expect(idFromPath(path)).toBe(id)
    expect(isTrackPath(path)).toBe(true)
    expect(isTrackId(id)).toBe(true)
    expect(pathFromId(id)).toBe(path)
  })

  it.each([
    ['', 'is empty'],
    ['/a.mp3', 'is absolute'],
    ['/', 'is absolute'],
    ['a//b.mp3', 'has the segment ""'],
    ['a/', 'has the segment ""'],
    ['./a.mp3', 'has the segment "."'],
    ['.', 'has the segment "."'],
    ['a/../b.mp3', 'has the segment ".."'],
    ['a\0.mp3', 'contains NUL'],
    ['a\ud800.mp3', 'is not valid Unicode: it contains a lone surrogate'],
    ['a'.repeat(513), 'is too long, its id would have more than 512 characters'],
    ['-'.repeat(129), 'is too long, its id would have more than 512 characters'],
    ['a'.repeat(1_000_000), 'is too long, its id would have more than 512 characters'],
  ])('is not made of %j', (path, problem) => {
    expect(isTrackPath(path)).toBe(false)
    expect(() => idFromPath(path)).toThrow(RangeError)
    expect(() => idFromPath(path)).toThrow(`Cannot make an id of a path: path ${problem}`)
  })

  it('is not made of what is no string', () => {
    expect(isTrackPath(3)).toBe(false)
    expect(() => idFromPath(3 as never)).toThrow(
      new TypeError('Cannot make an id of a path: path must be a string, got 3'),
    )
  })

  it('may have 512 characters, of which some have two code units', () => {
    const path = '𝒜'.repeat(512)
    expect(idFromPath(path)).toBe(path)
    expect(pathFromId(path)).toBe(path)
    expect(() => idFromPath(`${path}𝒜`)).toThrow('is too long')
  })

  /** Half of them of what has a meaning in ids, paths or both. */
  const anyPath = fc.oneof(
    fc.string({
      unit: fc.constantFrom('/', '.', '-', '_', ' ', 'a', '2', 'e', '\\', 'é', 'e\u0301', '\0', '🎵', '𝒜'),
    }),
    anyText(),
  )

  it('is a track id that leads back to its path and to no other one, for every path that has an id', () => {
    const pathOf = new Map<string, string>()
    let count = 0
    fc.assert(
      fc.property(anyPath, path => {
        let id: string
        try {
          id = idFromPath(path)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
          expect(isTrackPath(path)).toBe(false)
          return
        }
        count++
        expect(isTrackPath(path)).toBe(true)
        expect(isTrackId(id)).toBe(true)
        expect(pathFromId(id)).toBe(path)
        expect(pathOf.get(id) ?? path).toBe(path)
        pathOf.set(id, path)
      }),
      { numRuns: 3000 },
    )
    expect(count).toBeGreaterThan(500)
  })
})

describe('An id that no path has', () => {
  it.each([
    ['another spelling of a letter', '-61_'],
    ['a slash by its code', 'a-2f_b'],
    ['a code in upper case', 'a-2E_mp3'],
    ['a code with a zero in front', 'a-02e_mp3'],
    ['a code without its end', 'a-2e'],
    ['a code without digits', 'a-_b'],
    ['a hyphen alone', 'a-'],
    ['a hyphen in front of a letter', 'a-x_'],
    ['half a character', '-d83c_'],
    ['two halves of a character', '-d83c_-dfb5_'],
    ['more than the last character', '-110000_'],
    ['NUL', 'a-0_'],
    ['the directory above', '-2e_-2e_--a'],
    ['the directory', '-2e_'],
    ['an absolute path', '--etc'],
    ['an empty segment', 'a----b'],
    ['an empty last segment', 'a--'],
    ['what is no id', 'a/b'],
    ['nothing', ''],
  ])('leads nowhere: %s', (_what, id) => {
    expect(pathFromId(id)).toBeUndefined()
  })

  it('leads nowhere, or encodes back to itself', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('-', '_', '2', 'e', 'f', 'a', 'ß', '0'), maxLength: 12 }),
        id => {
          const path = pathFromId(id)
          if (path !== undefined) expect(idFromPath(path)).toBe(id)
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('A path with accents', () => {
  const composed = 'Beyonc\u00e9/D\u00e9j\u00e0 Vu.mp3'
  const decomposed = 'Beyonce\u0301/De\u0301ja\u0300 Vu.mp3'
  const mixed = 'Beyonce\u0301/D\u00e9j\u00e0 Vu.mp3'
  const links = createLinks({ secret: SECRET, baseUrl: '/stream' })
  const expiresIn = '10m'

  /** The statuses of `urls`, if there is only the file at `onDisk`. */
  async function statusesOf(onDisk: string, urls: readonly string[]): Promise<number[]> {
    const tracks = makeTrackDirectory()
    const file = join(tracks.path, onDisk)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, 'sound')
    try {
      await using server = await listen(
        createStreamHandler({ path: '/stream', dir: tracks.path, links, resolve: pathFromId }),
      )
      return await Promise.all(urls.map(async url => (await ask(server.port, url)).status))
    } finally {
      tracks.remove()
    }
  }

  it('has an id for each form of Unicode, which leads back to that form', () => {
    const ids = [composed, decomposed, mixed].map(path => idFromPath(path))
    expect(new Set(ids).size).toBe(3)
    expect(ids.map(id => pathFromId(id))).toEqual([composed, decomposed, mixed])
    expect(idFromPath(decomposed.normalize())).toBe(ids[0])
  })

  it.each([
    ['composed', composed, [200, 200, 200]],
    ['decomposed', decomposed, [200, 200, 200]],
    ['in both forms', mixed, [404, 404, 200]],
  ])(
    'is found by the ids that docs/troubleshooting.md says if it is %s on the disk',
    async (_form, onDisk, statuses) => {
      const urls = [composed, decomposed, mixed].map(path => links.signUrl(idFromPath(path), { expiresIn }))
      expect(await statusesOf(onDisk, urls)).toEqual(statuses)
    },
  )

  it('needs a link of the form that is requested', async () => {
    const url = links.signUrl(idFromPath(composed), { expiresIn })
    const album = links.createLink(idFromPath(composed), {
      expiresIn,
      prefix: idFromPath('Beyonc\u00e9') + '--',
    })
    const other = encodeURIComponent(idFromPath(decomposed))
    const urls = [url, album.url].map(each => each.replace(/(?<=^\/stream\/)[^?]+/, other))
    expect(await statusesOf(decomposed, [url, album.url, ...urls])).toEqual([200, 200, 403, 403])
  })

  it('stays in reach by its other id if one is revoked', async () => {
    const revocable = [composed, decomposed].map(path => links.signUrl(idFromPath(path), { expiresIn }))
    await links.revoke({ track: idFromPath(composed) })
    expect(await statusesOf(decomposed, revocable)).toEqual([403, 200])
  })
})
