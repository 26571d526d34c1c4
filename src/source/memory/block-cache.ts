/** Decides which content is worth keeping in memory as blocks, for all files of a storage under one budget. */
import { LRUCache } from 'lru-cache'
import type { StreamCache } from '../../events'
import { Block } from './block'
import { Budget } from './budget'
import { createCacheView } from './cache-view'
import { ChunkPool } from './chunk-pool'

/** Bytes of a block; the last one of a file is shorter. */
export const BLOCK_BYTES = 1024 * 1024

/** Requests that must have missed a block, not long ago, until it is kept if there is room. */
const ADMIT_AFTER = 2

/** The same if another block must make room. To read a block costs as much as to read some ten ranges of it. */
const ADMIT_AFTER_WHEN_FULL = 4

/** Bytes of a buffer for content that is read for one fast client; a MiB is not faster. */
const LARGE_CHUNK_BYTES = 512 * 1024

/** The part of the budget that such buffers may take. */
const LARGE_CHUNKS_PART = 1 / 8

export class BlockCache {
  readonly largeChunks: ChunkPool
  /** For subscribers to events: they can read it, and cannot change the cache by it. */
  readonly view: StreamCache
  readonly #budget: Budget
  /** How often each block was missed lately: as many blocks as there is room for. */
  readonly #misses: LRUCache<string, number>

  constructor(maxBytes: number) {
    this.#budget = new Budget(maxBytes)
    this.#misses = new LRUCache({ max: Math.ceil(maxBytes / BLOCK_BYTES) })
    this.largeChunks = new ChunkPool(LARGE_CHUNK_BYTES, {
      maxBuffers: Math.floor((maxBytes * LARGE_CHUNKS_PART) / LARGE_CHUNK_BYTES),
      budget: this.#budget,
    })
    this.view = createCacheView(() => this.usedBytes)
  }

  /** Of blocks. */
  get usedBytes(): number {
    return this.#budget.usedBytes - this.largeChunks.bytes
  }

  /**
   * Called when a request misses a block. Makes the block, for the caller to fill or to drop, if it is worth reading
   * whole: if it was missed often enough, not long ago. One pass over a large library does not displace hot content,
   * nor does even access to a library much larger than the budget, of which blocks would be read for nothing.
   *
   * @param key names the block among those of all files
   */
  admit(key: string, bytes: number): Block | undefined {
    const misses = (this.#misses.get(key) ?? 0) + 1
    const needed = this.#budget.hasRoom(bytes) ? ADMIT_AFTER : ADMIT_AFTER_WHEN_FULL
    if (misses >= needed && this.#budget.take(bytes)) {
      this.#misses.delete(key)
      return new Block(bytes, this.#budget)
    }
    this.#misses.set(key, misses)
    return undefined
  }
}
