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

export class ContentTagger {
  readonly #tags = new LRUCache<string, string>({ max: REMEMBERED })
  /** One file at a time: hashing must leave the disk and the processor to the listeners. */
  readonly #hashing = new Turns(1)
  #chunksRead = 0

  /** Rises while a file is hashed. */
  get progress(): number {
    return this.#chunksRead
  }

  /**
   * Gives the tag of an open file, which the caller must not close before that. Reads the file only if the tag of this version
   * is not remembered. A hash that has begun goes on if its client leaves: otherwise a file that takes longer than the patience
   * of its clients would never be served, and a client that comes and leaves again would keep the disk busy without end.
   *
   * @throws SourceError, or the reason of the signal
   */
  async tag(fd: number, stats: BigIntStats, { signal }: Cancellation): Promise<string> {
    const version = versionOf(stats)
    const known = this.#tags.get(version)
    if (known !== undefined) return known
    return this.#hashing.run(
      'start',
      async () => {
        // While this request waited, another one may have hashed the same version.
        const tag = this.#tags.get(version) ?? (await this.#hash(fd, stats))
        this.#tags.set(version, tag)
        return tag
      },
      signal,
    )
  }

  async #hash(fd: number, stats: BigIntStats): Promise<string> {
    const hash = createHash('sha256')
    const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    const size = Number(stats.size)
    for (let position = 0; position < size; position += CHUNK_BYTES) {
      const part = chunk.subarray(0, Math.min(CHUNK_BYTES, size - position))
      await fileTurns().run('rest', () => readExactly(fd, part, position))
      hash.update(part)
      this.#chunksRead++
      // Gives up at once on a file that is being written, rather than read all of it for each request.
      await assertSameVersion(fd, stats)
    }
    await assertSameVersion(fd, stats)
    return `"${hash.digest('base64url')}"`
  }
}

function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join()
}
