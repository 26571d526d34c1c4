/** Opens a regular file that lies inside a directory, and nothing else. */
import { close, constants, open, type BigIntStats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { promisify } from 'node:util'
import { currentStats, isSameFile } from './file-state'
import { SourceError } from '../source'

export interface OpenedFile {
  /** A descriptor, which the caller closes by {@link closeFile}. */
  readonly fd: number
  /** Of the descriptor, not of the name. */
  readonly stats: BigIntStats
}

/** Windows has neither of the flags below. */
const FLAGS: Readonly<Partial<Record<'O_NONBLOCK' | 'O_NOFOLLOW', number>>> = constants

/** Opening a FIFO would wait for a writer, and four of them would stop all file work of the process. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (FLAGS.O_NONBLOCK ?? 0)

/** The system's codes if no file of that name can be served. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO', 'ENODEV'])

/** A name may be replaced between two looks at it; if that happens more often, the storage is broken. */
const MAX_LOOKS = 5

// A FileHandle costs twice as much.
const openFile = promisify(open)

/**
 * @param directory may be a link that a deployment moves
 * @param name of one segment
 * @returns undefined if there is no such regular file, or if its real path lies outside `directory`
 * @throws SourceError `unavailable` if the system cannot tell, because no descriptor is left, for example
 */
export async function openInside(directory: string, name: string): Promise<OpenedFile | undefined> {
  if (FLAGS.O_NOFOLLOW === undefined) return openLinked(directory, name)
  // A file that is not a link lies inside.
  const fd = await openFile(join(directory, name), READ_WITHOUT_WAITING | FLAGS.O_NOFOLLOW).catch(codeOf)
  if (typeof fd === 'number') return keepRegular(fd)
  return fd === 'ENOENT' ? undefined : openLinked(directory, name)
}

/** @throws SourceError `unavailable` if `directory` does not exist */
export async function assertDirectory(directory: string): Promise<void> {
  await stat(directory).catch(throwUnavailable)
}

/** Never rejects: nobody can do anything about it. */
export function closeFile(fd: number): Promise<void> {
  return new Promise(resolve => {
    close(fd, () => {
      resolve()
    })
  })
}

async function openLinked(directory: string, name: string): Promise<OpenedFile | undefined> {
  const realDirectory = await realpath(directory).catch(throwUnavailable)
  const path = join(realDirectory, name)
  for (let look = 0; look < MAX_LOOKS; look++) {
    const fd = await openFile(path, READ_WITHOUT_WAITING).catch(ignoreAbsent)
    const opened = fd === undefined ? undefined : await keepRegular(fd)
    if (opened === undefined) return undefined
    let isKept = false
    try {
      const real = await resolvePath(path)
      if (real !== undefined && isSameFile(real.stats, opened.stats)) {
        isKept = real.path.startsWith(withSeparator(realDirectory))
        return isKept ? opened : undefined
      }
    } finally {
      if (!isKept) await closeFile(opened.fd)
    }
  }
  throw new SourceError('unavailable', {
    cause: new Error('The file is replaced faster than it can be opened'),
  })
}

/** Closes what is not a regular file. */
async function keepRegular(fd: number): Promise<OpenedFile | undefined> {
  let isKept = false
  try {
    const stats = await currentStats(fd, 'unavailable')
    isKept = stats.isFile()
    return isKept ? { fd, stats } : undefined
  } finally {
    if (!isKept) await closeFile(fd)
  }
}

/** Follows the links in `path`: where it leads, and what lies there. */
async function resolvePath(path: string): Promise<{ path: string; stats: BigIntStats } | undefined> {
  const real = await realpath(path).catch(ignoreAbsent)
  if (real === undefined) return undefined
  const stats = await stat(real, { bigint: true }).catch(ignoreAbsent)
  return stats && { path: real, stats }
}

function withSeparator(directory: string): string {
  return directory.endsWith(sep) ? directory : directory + sep
}

/** @throws SourceError `unavailable` for every error but that the file does not exist */
function ignoreAbsent(error: unknown): undefined {
  if (!ABSENT.has(codeOf(error))) throwUnavailable(error)
  return undefined
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code)
}

function throwUnavailable(error: unknown): never {
  throw new SourceError('unavailable', { cause: error })
}
