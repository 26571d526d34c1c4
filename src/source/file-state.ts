/**
 * Reading an open file, and knowing whether it is still the one that was promised. By callbacks on its descriptor: the
 * methods of a FileHandle cost twice as much, and these are most of what an answer from the disk costs.
 */
import { fstat, read, type BigIntStats } from 'node:fs'
import { SourceFault } from './source'

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

/** Asked after a reading: whatever was written into the file before it has moved one of its times. */
export async function assertUnchanged(fd: number, before: BigIntStats): Promise<void> {
  const after = await currentStats(fd)
  if (after.size < before.size) throw new SourceFault('truncated')
  // Replacing or deleting the name takes a link, and so moves ctime, but leaves these bytes as they were.
  const isRelinked = after.nlink !== before.nlink
  if (
    after.size !== before.size ||
    after.mtimeNs !== before.mtimeNs ||
    (after.ctimeNs !== before.ctimeNs && !isRelinked)
  ) {
    throw new SourceFault('changed')
  }
}
