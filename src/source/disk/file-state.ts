/**
 * Reading an open file, and knowing whether it is still the one that was promised. By callbacks on its descriptor: the
 * methods of a FileHandle cost twice as much, and these are most of what an answer from the disk costs.
 */
import { fstat, read, type BigIntStats } from 'node:fs'
import { SourceFault } from '../source'

/** @throws SourceFault `truncated` where the file has fewer bytes than `target` wants */
export async function readExactly(fd: number, target: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < target.length;) {
    const bytesRead = await readOnce(fd, target, filled, position + filled)
    if (bytesRead === 0) throw new SourceFault('truncated')
    filled += bytesRead
  }
}

function readOnce(fd: number, target: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, target, offset, target.length - offset, position, (error, bytesRead) => {
      if (error === null) resolve(bytesRead)
      else reject(new SourceFault('read_error', error))
    })
  })
}

/** @throws SourceFault `read_error` */
export function currentStats(fd: number): Promise<BigIntStats> {
  return new Promise((resolve, reject) => {
    fstat(fd, { bigint: true }, (error, stats) => {
      if (error === null) resolve(stats)
      else reject(new SourceFault('read_error', error))
    })
  })
}

/**
 * How the state of a file moved between two looks at one descriptor:
 *
 * - `attributes`: its owner, mode or number of links, which leaves its bytes as they were
 * - `times`: nothing that shows but the time of the last change of its state. `chown -R` to the same owner does so, a
 *   backup that puts times back, and a tool that rewrites a file and puts its time back: only the content can tell
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
