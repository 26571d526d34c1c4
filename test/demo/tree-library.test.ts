/** What a tree may be like without harm: too deep, too large, too slow, or changing while it is read. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { idFromPath, type StreamLogger } from 'express-signed-stream'
import type { Listing } from '../../demo/library/library'
import { createTreeLibrary, type TreeLibraryOptions } from '../../demo/library/tree-library'
import { TreeCollector } from '../../demo/library/tree-listing'
import { comparePaths, folderOf } from '../../demo/library/tree-paths'
import { walkTree } from '../../demo/library/tree-walk'
import { makeTrackDirectory } from '../support/tracks'

/** Of a client that stays. */
const { signal: STAYS } = new AbortController()

const directory = makeTrackDirectory()
afterAll(directory.remove)

function makeFolder(name: string, ...files: string[]): string {
  const folder = join(directory.path, name)
  for (const file of files) {
    mkdirSync(join(folder, folderOf(file)), { recursive: true })
    directory.write(`${name}/${file}`, '')
  }
  return folder
}

function makeLibrary(options: Partial<TreeLibraryOptions>): {
  list: (signal?: AbortSignal) => Promise<Listing>
  warnings: unknown[]
} {
  const warnings: unknown[] = []
  const logger: Pick<StreamLogger, 'warn'> = {
    warn: (fields, message) => void warnings.push({ ...fields, message }),
  }
  const library = createTreeLibrary({ directory: directory.path, logger, ...options })
  return { list: (signal = STAYS) => library.list(signal), warnings }
}

function pathsOf(listing: Listing): (string | undefined)[] {
  return listing.slice(0, listing.length).map(({ path }) => path)
}

const NOT_COMPLETE = { message: 'The list is not complete: the library has more than one list takes' }

describe('a tree library', () => {
  it('reads 32 folders inside each other, and says once that there are more', async () => {
    const deep = makeFolder('deep', `${'d/'.repeat(32)}listed.mp3`, `${'d/'.repeat(33)}too-deep.mp3`)
    const { list, warnings } = makeLibrary({ directory: deep })
    for (let round = 0; round < 2; round += 1) {
      const listing = await list()
      expect([pathsOf(listing), listing.isComplete]).toEqual([[`${'d/'.repeat(32)}listed.mp3`], false])
    }
    expect(warnings).toEqual([NOT_COMPLETE])
  })

  it('takes as many tracks as a listing may have, and then stops', async () => {
    const large = makeFolder('large', 'a.mp3', 'b/c.mp3', 'b/d.mp3', 'e/f.mp3')
    for (const [max, isComplete] of [
      [3, false],
      [4, true],
    ] as const) {
      const found = new TreeCollector(max)
      await walkTree(large, found, STAYS)
      const listing = await found.list(STAYS)
      expect([max, listing.length, listing.isComplete]).toEqual([max, max, isComplete])
    }
  })

  it('leaves out a folder that cannot be read any more', async () => {
    const changing = makeFolder('changing', 'a.mp3', 'gone/b.mp3', 'kept/c.mp3')
    const found = new TreeCollector()
    const add = found.add.bind(found)
    found.add = (folder, file) => {
      rmSync(join(changing, 'gone'), { recursive: true, force: true })
      return add(folder, file)
    }
    await walkTree(changing, found, STAYS)
    expect(pathsOf(await found.list(STAYS))).toEqual(['a.mp3', 'kept/c.mp3'])
  })

  it('rejects if the directory itself cannot be read', async () => {
    const { list } = makeLibrary({ directory: '/no/such/directory' })
    await expect(list()).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('names files whose paths cannot be ids once, and again when there are more', async () => {
    const long = makeFolder(
      'long',
      `${'l'.repeat(200)}/${'o'.repeat(200)}/${'n'.repeat(120)}.mp3`,
      'short.mp3',
    )
    const { list, warnings } = makeLibrary({ directory: long })
    for (let round = 0; round < 2; round += 1) expect(pathsOf(await list())).toEqual(['short.mp3'])
    const message = 'Tracks are not listed: their paths cannot be ids'
    const shown = `${'l'.repeat(200)}/${'o'.repeat(55)}`
    expect(warnings).toEqual([{ tracks: 1, paths: [shown], message }])
  })

  it('lists what it has if a mount hangs, and begins no second walk until it ends', async () => {
    let walks = 0
    let release: (() => void) | undefined
    const { list } = makeLibrary({
      timeLimit: 20,
      async walk(_directory, found) {
        walks += 1
        found.add('', `${walks}.mp3`)
        if (walks === 1) await new Promise<void>(resolve => (release = resolve))
      },
    })
    for (let round = 0; round < 2; round += 1) {
      const listing = await list()
      expect([pathsOf(listing), listing.isComplete, walks]).toEqual([['1.mp3'], false, 1])
    }
    release?.()
    await new Promise(setImmediate)
    const listing = await list()
    expect([pathsOf(listing), listing.isComplete, walks]).toEqual([['2.mp3'], true, 2])
  })

  it('ends with its client, and gives the next one a listing of its own', async () => {
    makeFolder('plain', 'a.mp3', 'b/c.mp3')
    const { list } = makeLibrary({ directory: join(directory.path, 'plain') })
    const controller = new AbortController()
    const left = list(controller.signal)
    controller.abort(new Error('Left'))
    await expect(left).rejects.toThrow('Left')
    const listing = await list()
    expect([pathsOf(listing), listing.isComplete]).toEqual([['a.mp3', 'b/c.mp3'], true])
  })
})

const name = fc.constantFrom('a', 'B', 'é', 'e\u0301', '2', '10', '02', 'a b', 'a-b', '#')
const path = fc
  .tuple(fc.array(name, { maxLength: 3 }), name)
  .map(([folders, file]) => [...folders, `${file}.mp3`].join('/'))

it('lists any tree so that each page can continue, and each folder stands in one place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(path, { maxLength: 30 }), async paths => {
      const found = new TreeCollector()
      for (const each of paths) found.add(folderOf(each), each.slice(each.lastIndexOf('/') + 1))
      const listing = await found.list(STAYS)
      const listed = listing.slice(0, listing.length).map(track => String(track.path))
      expect(listed).toEqual([...paths].sort(comparePaths))
      expect(listed.map(each => listing.indexAfter(idFromPath(each)))).toEqual(
        listed.map((_, index) => index + 1),
      )
      const folders = listed.map(folderOf).filter((folder, index, all) => folder !== all[index - 1])
      expect(folders).toHaveLength(new Set(folders).size)
    }),
    { numRuns: 200 },
  )
})
