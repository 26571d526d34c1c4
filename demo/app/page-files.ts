/** The files of the page by their paths. The list is made at start, so that no request can reach any other file. */
import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createShortCache } from '../work/short-cache'

export interface PageFile {
  readonly name: string
  readonly content: Buffer
  readonly etag: string
}

export interface PageFiles {
  /** Undefined if there is no such file. A file is read at most once per second. */
  read(path: string): Promise<PageFile> | undefined
}

/** @param places files and directories by the paths at which they are served */
export function createPageFiles(places: Readonly<Record<string, string>>): PageFiles {
  const files = new Map(Object.entries(places).flatMap(([path, place]) => listFiles(path, place)))
  // Not that of a client: a read goes on when its client leaves, because the file is small and soon requested again.
  const { signal } = new AbortController()
  const cached = createShortCache(readPageFile, { maxRuns: Infinity })
  return {
    read(path) {
      const file = files.get(path)
      return file === undefined ? undefined : cached(file, signal)
    },
  }
}

async function readPageFile(file: string): Promise<PageFile> {
  const content = await readFile(file)
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 27)}"`
  return { name: basename(file), content, etag }
}

/** Pairs of a path and a file; none if `place` does not exist, as before a build. */
function listFiles(path: string, place: string): [path: string, file: string][] {
  const stats = statSync(place, { throwIfNoEntry: false })
  if (stats === undefined) return []
  if (stats.isFile()) return [[path, place]]
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter(name => !/(?:^|[\\/])\./.test(name) && statSync(join(place, name)).isFile())
    .map(name => [`${path}/${name.replaceAll('\\', '/')}`, join(place, name)])
}
