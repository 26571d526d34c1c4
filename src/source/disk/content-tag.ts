/** Entity tags by content, for files whose time of modification says nothing about their content. */
import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { LRUCache } from 'lru-cache'
import { compareStats, currentStats, readExactly } from './file-state'
import { SourceFault, type Cancellation } from '../source'

/** How many tags are remembered; about 100 bytes each. */
const REMEMBERED = 10_000

const CHUNK_BYTES = 256 * 1024

/**
 * Gives the tag of an open file, and reads it only if this version is not remembered.
 *
 * @throws SourceFault, or the reason of the signal
 */
export type ContentTagger = (fd: number, stats: BigIntStats, cancellation: Cancellation) => Promise<string>

export function createContentTagger(): ContentTagger {
  const tags = new LRUCache<string, string>({ max: REMEMBERED })
  /** One file at a time: hashing must leave the disk and the processor to the listeners. */
  let last: Promise<unknown> = Promise.resolve()

  return async function tagContent(fd, stats, { signal }) {
    const version = versionOf(stats)
    const known = tags.get(version)
    if (known !== undefined) return known
    const hashed = last.then(async () => {
      // Another request for the same version may have been in front of this one.
      const tag = tags.get(version) ?? (await hashAll(fd, stats, signal))
      tags.set(version, tag)
      return tag
    })
    last = hashed.catch(() => undefined)
    return hashed
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
    await readExactly(fd, part, position)
    hash.update(part)
    // A file that is being written is given up at once, rather than read whole for each request.
    await assertUnmoved(fd, stats)
  }
  await assertUnmoved(fd, stats)
  return `"${hash.digest('base64url')}"`
}

async function assertUnmoved(fd: number, stats: BigIntStats): Promise<void> {
  const movement = compareStats(stats, await currentStats(fd))
  if (movement !== 'none' && movement !== 'attributes') throw new SourceFault('changed')
}
