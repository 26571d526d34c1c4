/**
 * Reads an open file, and decides whether it still is the file, and the version, that it was before. Uses callbacks on a
 * descriptor: the methods of a FileHandle cost twice as much, and these calls are most of what a response from the disk
 * costs.
 */
import { fstat, read, type BigIntStats } from 'node:fs'
import { SourceError, type SourceErrorKind } from '../source'

/**
 * Reads when it is called: who calls it has a turn.
 *
 * @throws SourceError `truncated` if the file ends before `target` is full, `read_error` if it cannot be read
 */
export async function readExactly(fd: number, target: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < target.length;) {
    const bytesRead = await readOnce(fd, target, filled, position + filled)
    if (bytesRead === 0) throw new SourceError('truncated')
    filled += bytesRead
  }
}

function readOnce(fd: number, target: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, target, offset, target.length - offset, position, (error, bytesRead) => {
      if (error === null) resolve(bytesRead)
      else reject(new SourceError('read_error', { cause: error }))
    })
  })
}

/** @throws SourceError of the kind `fault` if the system has none */
export function currentStats(fd: number, fault: SourceErrorKind = 'read_error'): Promise<BigIntStats> {
  return new Promise((resolve, reject) => {
    fstat(fd, { bigint: true }, (error, stats) => {
      if (error === null) resolve(stats)
      else reject(new SourceError(fault, { cause: error }))
    })
  })
}

/**
 * What happened to a file between two looks at it:
 *
 * - `none`: nothing
 * - `attributes`: its owner, mode or number of links changed, and its bytes did not
 * - `times`: only the time of the last change of its state moved. `chown -R` to the same owner does that, and a backup
 *   that resets times, and also a tool that rewrites a file and resets its time: only the content can decide
 * - `changed`, `truncated`: its bytes
 */
export type Movement = 'none' | 'attributes' | 'times' | 'changed' | 'truncated'

export function compareStats(before: BigIntStats, after: BigIntStats): Movement {
  if (after.size < before.size) return 'truncated'
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) return 'changed'
  if (after.ctimeNs === before.ctimeNs) return 'none'
  const isExplained =
    after.nlink !== before.nlink ||
    after.mode !== before.mode ||
    after.uid !== before.uid ||
    after.gid !== before.gid
  return isExplained ? 'attributes' : 'times'
}

/** Whether two names, or a name and a descriptor, lead to one file. */
export function isSameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev
}

/** Whether two looks found one file with one content, as far as its state shows. */
export function isSameVersion(before: BigIntStats, after: BigIntStats): boolean {
  return isSameFile(before, after) && keepsContent(compareStats(before, after))
}

/** @throws SourceError `changed` if the open file may no longer have the content that it had with `stats` */
export async function assertSameVersion(fd: number, stats: BigIntStats): Promise<void> {
  if (!keepsContent(compareStats(stats, await currentStats(fd)))) throw new SourceError('changed')
}

function keepsContent(movement: Movement): boolean {
  return movement === 'none' || movement === 'attributes'
}
