/** Opens a regular file that lies inside a directory, and nothing else. */
import type { BigIntStats } from 'node:fs'
import { constants, open, realpath, stat, type FileHandle } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { SourceFault } from './source'

export interface OpenedFile {
  readonly handle: FileHandle
  /** Of the descriptor, not of the name. */
  readonly stats: BigIntStats
}

/** Opening a FIFO would wait for a writer, and four of them would stop all file work of the process. Windows knows no such flag. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants as Partial<typeof constants>).O_NONBLOCK ?? 0)

/** What the system answers where there is no file of that name to serve. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO', 'ENODEV'])

/** A name may be replaced between two looks at it; more often than this is a storage gone wild. */
const MAX_LOOKS = 5

/**
 * @returns where a directory lies once links are resolved: it may be a link that a deployment moves
 * @throws SourceFault `unavailable` where it is gone
 */
export function resolveDirectory(directory: string): Promise<string> {
  return realpath(directory).catch(unavailable)
}

/**
 * @param realDirectory as it was resolved
 * @returns undefined where there is no such regular file, or where its real path lies outside
 * @throws SourceFault `unavailable` where the system cannot tell, for want of descriptors, say
 */
export async function openInside(realDirectory: string, name: string): Promise<OpenedFile | undefined> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const handle = await open(join(realDirectory, name), READ_WITHOUT_WAITING).catch(undefinedWhereAbsent)
    if (handle === undefined) return undefined
    let isKept = false
    try {
      const stats = await handle.stat({ bigint: true })
      if (!stats.isFile()) return undefined
      const real = await resolved(join(realDirectory, name))
      if (real !== undefined && isSameFile(real.stats, stats)) {
        if (!real.path.startsWith(withSeparator(realDirectory))) return undefined
        isKept = true
        return { handle, stats }
      }
    } catch (error) {
      unavailable(error)
    } finally {
      if (!isKept) await handle.close().catch(() => undefined)
    }
  }
  throw new SourceFault('unavailable', new Error('The file is replaced faster than it can be opened'))
}

/** Where `path` leads once links are resolved, and what lies there. */
async function resolved(path: string): Promise<{ path: string; stats: BigIntStats } | undefined> {
  const real = await realpath(path).catch(undefinedWhereAbsent)
  if (real === undefined) return undefined
  const stats = await stat(real, { bigint: true }).catch(undefinedWhereAbsent)
  return stats && { path: real, stats }
}

function isSameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev
}

function withSeparator(directory: string): string {
  return directory.endsWith(sep) ? directory : directory + sep
}

function undefinedWhereAbsent(error: unknown): undefined {
  if (!ABSENT.has(String((error as NodeJS.ErrnoException).code))) unavailable(error)
  return undefined
}

function unavailable(error: unknown): never {
  throw error instanceof SourceFault ? error : new SourceFault('unavailable', error)
}
