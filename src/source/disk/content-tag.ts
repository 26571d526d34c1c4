/** Entity tags by content, for files whose time of modification does not identify their content. */
import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { LRUCache } from 'lru-cache'
import { assertSameVersion, readExactly } from './file-state'
import { fileTurns, Turns } from './file-turns'
import type { Cancellation } from '../source'

/** How many tags are remembered; about 100 bytes each. */
const REMEMBERED = 10_000

const CHUNK_BYTES = 256 * 1024

/**
 * Gives the tag of an open file. Reads the file only if the tag of this version is not remembered.
 *
 * @throws SourceError, or the reason of the signal
 */
export type ContentTagger = (fd: number, stats: BigIntStats, cancellation: Cancellation) => Promise<string>

export function createContentTagger(): ContentTagger {
  const tags = new LRUCache<string, string>({ max: REMEMBERED })
  /** One file at a time: hashing must leave the disk and the processor to the listeners. */
  const hashing = new Turns(1)

  return async function tagContent(fd, stats, { signal }) {
    const version = versionOf(stats)
    const known = tags.get(version)
    if (known !== undefined) return known
    return hashing.run(
      'start',
      async () => {
        // While this request waited, another one may have hashed the same version.
        const tag = tags.get(version) ?? (await hashAll(fd, stats, signal))
        tags.set(version, tag)
        return tag
      },
      signal,
    )
  }
}

function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join()
}

async function hashAll(fd: number, stats: BigIntStats, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  const size = Number(stats.size)
  for (let position = 0; position < size; position += CHUNK_BYTES) {
    signal.throwIfAborted()
    const part = chunk.subarray(0, Math.min(CHUNK_BYTES, size - position))
    await fileTurns().run('rest', () => readExactly(fd, part, position), signal)
    hash.update(part)
    // Gives up at once on a file that is being written, rather than read all of it for each request.
    await assertSameVersion(fd, stats)
  }
  await assertSameVersion(fd, stats)
  return `"${hash.digest('base64url')}"`
}
