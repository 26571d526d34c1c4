/** Entity tags by content, for files whose time says nothing: images and archives often set it to 0 or 1. */
import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { LRUCache } from 'lru-cache'
import { readExactly, assertUnchanged } from './file-state'

/** How many tags are remembered; about 100 bytes each. */
const REMEMBERED = 10_000

const CHUNK_BYTES = 256 * 1024

/** Gives the tag of an open file, and reads it only where this version is not remembered. */
export type ContentTagger = (fd: number, stats: BigIntStats) => Promise<string>

export function createContentTagger(): ContentTagger {
  // The cache lets requests that come together share one reading.
  const tags = new LRUCache<string, string, () => Promise<string>>({
    max: REMEMBERED,
    fetchMethod: (_version, _stale, { context: hash }) => hash(),
  })
  return (fd, stats) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = stats
    const version = [dev, ino, size, mtimeNs, ctimeNs].join()
    return tags.forceFetch(version, { context: () => hashAll(fd, stats) })
  }
}

async function hashAll(fd: number, stats: BigIntStats): Promise<string> {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  const size = Number(stats.size)
  for (let position = 0; position < size; position += CHUNK_BYTES) {
    const part = chunk.subarray(0, Math.min(CHUNK_BYTES, size - position))
    await readExactly(fd, part, position)
    hash.update(part)
  }
  await assertUnchanged(fd, stats)
  return `"${hash.digest('base64url')}"`
}
