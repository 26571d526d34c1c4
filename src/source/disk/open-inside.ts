/** Opens a regular file that lies inside a directory, and nothing else. */
import { close, constants, open, type BigIntStats } from 'node:fs'
import { lstat, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { promisify } from 'node:util'
import { currentStats, isSameFile } from './file-state'
import { codeOf, ignoreAbsent, throwUnavailable } from './system-errors'
import { SourceError } from '../source'

/** Where files may lie. */
export interface Confines {
  /** Absolute. May be a link that a deployment moves. */
  readonly directory: string
  /** Absolute. Further directories that links may lead into. */
  readonly linksInto: readonly string[]
}

export interface OpenedFile {
  /** A descriptor, which the caller closes by {@link closeFile}. */
  readonly fd: number
  /** Of the descriptor, not of the name. */
  readonly stats: BigIntStats
  /** Whether no segment of the path was a link. */
  readonly isDirect: boolean
}

/** What a path leads to. */
type Followed = Pick<OpenedFile, 'stats' | 'isDirect'>

/** Windows has neither of the flags below. */
const FLAGS: Readonly<Partial<Record<'O_NONBLOCK' | 'O_NOFOLLOW', number>>> = constants

/** Opening a FIFO would wait for a writer, and four of them would stop all file work of the process. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (FLAGS.O_NONBLOCK ?? 0)

/** A name may be replaced between two looks at it; if that happens more often, the storage is broken. */
const MAX_LOOKS = 5

// A FileHandle costs twice as much.
const openFile = promisify(open)

/**
 * @param path below the directory, with `/` between its segments, none of which is empty, `.` or `..`
 * @returns undefined if there is no such regular file, or if a segment leads out of `confines`
 * @throws SourceError `unavailable` if the system cannot tell, because no descriptor is left, for example
 */
export async function openInside(confines: Confines, path: string): Promise<OpenedFile | undefined> {
  // The flag keeps the last segment from being a link, and no other.
  if (FLAGS.O_NOFOLLOW === undefined || path.includes('/')) return openLinked(confines, path)
  // A file that is not a link lies inside.
  const name = join(confines.directory, path)
  const fd = await openFile(name, READ_WITHOUT_WAITING | FLAGS.O_NOFOLLOW).catch(codeOf)
  if (typeof fd === 'number') {
    const stats = await keepRegular(fd)
    return stats && { fd, stats, isDirect: true }
  }
  return fd === 'ENOENT' ? undefined : openLinked(confines, path)
}

/** Never rejects: nobody can do anything about it. */
export function closeFile(fd: number): Promise<void> {
  return new Promise(resolve => {
    close(fd, () => {
      resolve()
    })
  })
}

async function openLinked(confines: Confines, path: string): Promise<OpenedFile | undefined> {
  const realDirectory = await realpath(confines.directory).catch(throwUnavailable)
  const name = join(realDirectory, path)
  for (let look = 0; look < MAX_LOOKS; look++) {
    const fd = await openFile(name, READ_WITHOUT_WAITING).catch(ignoreAbsent)
    if (fd === undefined) return undefined
    const stats = await keepRegular(fd)
    if (stats === undefined) return undefined
    let isKept = false
    try {
      const found = await follow(realDirectory, confines.linksInto, path)
      if (found === 'outside') return undefined
      if (found !== undefined && isSameFile(found.stats, stats)) {
        isKept = true
        return { fd, stats, isDirect: found.isDirect }
      }
    } finally {
      if (!isKept) await closeFile(fd)
    }
  }
  throw new SourceError('unavailable', {
    cause: new Error('The file is replaced faster than it can be opened'),
  })
}

/** Closes what is not a regular file. */
async function keepRegular(fd: number): Promise<BigIntStats | undefined> {
  let isKept = false
  try {
    const stats = await currentStats(fd, 'unavailable')
    isKept = stats.isFile()
    return isKept ? stats : undefined
  } finally {
    if (!isKept) await closeFile(fd)
  }
}

/** Follows the links in each segment of `path`: what lies there, undefined if nothing does by now. */
async function follow(
  realDirectory: string,
  linksInto: readonly string[],
  path: string,
): Promise<Followed | 'outside' | undefined> {
  let reached = realDirectory
  for (const segment of path.split('/')) {
    const real = await realpath(join(reached, segment)).catch(ignoreAbsent)
    if (real === undefined) return undefined
    if (!isInside(realDirectory, real) && !(await isInsideAny(linksInto, real))) return 'outside'
    reached = real
  }
  // A real path ends in no link; if it does by now, somebody has put one there since.
  const stats = await lstat(reached, { bigint: true }).catch(ignoreAbsent)
  return stats && { stats, isDirect: reached === join(realDirectory, path) }
}

/** One that is gone contains nothing. */
async function isInsideAny(directories: readonly string[], real: string): Promise<boolean> {
  for (const directory of directories) {
    const realDirectory = await realpath(directory).catch(ignoreAbsent)
    if (realDirectory !== undefined && isInside(realDirectory, real)) return true
  }
  return false
}

/** Whether `real` is the directory, or lies below it. */
function isInside(realDirectory: string, real: string): boolean {
  return real === realDirectory || real.startsWith(withSeparator(realDirectory))
}

function withSeparator(directory: string): string {
  return directory.endsWith(sep) ? directory : directory + sep
}
