/** Reading an open file, and knowing whether it is still the one that was promised. */
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { SourceFault } from './source'

/** @throws SourceFault `truncated` where the file has fewer bytes than `target` wants */
export async function readExactly(handle: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < target.length;) {
    const { bytesRead } = await handle
      .read(target, filled, target.length - filled, position + filled)
      .catch(readError)
    if (bytesRead === 0) throw new SourceFault('truncated')
    filled += bytesRead
  }
}

/** Asked after a reading: whatever was written into the file before it has moved one of its times. */
export async function assertUnchanged(handle: FileHandle, before: BigIntStats): Promise<void> {
  const after = await handle.stat({ bigint: true }).catch(readError)
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

export function readError(error: unknown): never {
  throw new SourceFault('read_error', error)
}
