/** Opens a regular file that lies inside a directory, and nothing else. */
import { close, constants, fstat, open, type BigIntStats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { promisify } from 'node:util'
import { SourceFault } from '../source'

export interface OpenedFile {
  /** A descriptor, to be closed by {@link closeFile}. */
  readonly fd: number
  /** Of the descriptor, not of the name. */
  readonly stats: BigIntStats
}

/** Windows knows neither of the flags below. */
const FLAGS: Readonly<Partial<Record<'O_NONBLOCK' | 'O_NOFOLLOW', number>>> = constants

/** Opening a FIFO would wait for a writer, and four of them would stop all file work of the process. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (FLAGS.O_NONBLOCK ?? 0)

/** What the system answers where there is no file of that name to serve. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO', 'ENODEV'])

/** A name may be replaced between two looks at it; more often than this is a storage gone wild. */
const MAX_LOOKS = 5

// A FileHandle costs twice as much.
const openFile = promisify(open)
const statFile = promisify(fstat)

/**
 * @param directory may be a link that a deployment moves
 * @param name of one segment
 * @returns undefined where there is no such regular file, or where its real path lies outside `directory`
 * @throws SourceFault `unavailable` where the system cannot tell, for want of descriptors, say
 */
export async function openInside(directory: string, name: string): Promise<OpenedFile | undefined> {
  if (FLAGS.O_NOFOLLOW === undefined) return openLinked(directory, name)
  // What is no link lies where its name says.
  const fd = await openFile(join(directory, name), READ_WITHOUT_WAITING | FLAGS.O_NOFOLLOW).catch(codeOf)
  if (typeof fd === 'number') return keepRegular(fd)
  return fd === 'ENOENT' ? undefined : openLinked(directory, name)
}

/** @throws SourceFault `unavailable` where `directory` is not there */
export async function assertDirectory(directory: string): Promise<void> {
  await stat(directory).catch(unavailable)
}

/** Never rejects: there is nothing to be done about it. */
export function closeFile(fd: number): Promise<void> {
  return new Promise(resolve => {
    close(fd, () => {
      resolve()
    })
  })
}

async function openLinked(directory: string, name: string): Promise<OpenedFile | undefined> {
  const realDirectory = await realpath(directory).catch(unavailable)
  const path = join(realDirectory, name)
  for (let look = 0; look < MAX_LOOKS; look++) {
    const fd = await openFile(path, READ_WITHOUT_WAITING).catch(undefinedWhereAbsent)
    const opened = fd === undefined ? undefined : await keepRegular(fd)
    if (opened === undefined) return undefined
    let isKept = false
    try {
      const real = await resolved(path)
      if (real !== undefined && isSameFile(real.stats, opened.stats)) {
        isKept = real.path.startsWith(withSeparator(realDirectory))
        return isKept ? opened : undefined
      }
    } finally {
      if (!isKept) await closeFile(opened.fd)
    }
  }
  throw new SourceFault('unavailable', new Error('The file is replaced faster than it can be opened'))
}

/** Closes what is not a regular file. */
async function keepRegular(fd: number): Promise<OpenedFile | undefined> {
  let isKept = false
  try {
    const stats = await statFile(fd, { bigint: true }).catch(unavailable)
    isKept = stats.isFile()
    return isKept ? { fd, stats } : undefined
  } finally {
    if (!isKept) await closeFile(fd)
  }
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
  if (!ABSENT.has(codeOf(error))) unavailable(error)
  return undefined
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code)
}

function unavailable(error: unknown): never {
  throw new SourceFault('unavailable', error)
}
