/**
 * Hot content as blocks in memory that all readers share, under one budget of bytes. What a slow reader holds counts,
 * so that no crowd of them can take more.
 */

import { LRUCache } from 'lru-cache'
import type { StreamCache } from '../../events'
import { ChunkPool, type Lender } from './chunk-pool'

/** Bytes of a block; the last one of a file is shorter. */
export const BLOCK_BYTES = 1024 * 1024

/** How often a block must be asked for to be kept where there is room. */
const WISHES = 2

/** The same where another must make room. To read a block costs as much as some ten ranges of it. */
const WISHES_TO_DISPLACE = 4

/** Bytes of a buffer for content that is read for one reader who takes all at once; a MiB is no faster. */
const LARGE_CHUNK_BYTES = 512 * 1024

/** The part of the budget that such buffers may take. */
const LENT_PART = 1 / 8

/** A block that is in memory. Held while a reader uses it; else it may make room for another. */
export class Block {
  readonly bytes: Uint8Array
  holders = 0
  /** Whether the file it belongs to is still served. */
  isCurrent = true

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

export class BlockCache implements Lender {
  /** Under the same budget, so that readers who stand still cannot take more. */
  readonly largeChunks = new ChunkPool(LARGE_CHUNK_BYTES, Infinity, this)
  /** What others may know of it: nothing by which they could change it. */
  readonly view: StreamCache
  readonly #maxBytes: number
  #usedBytes = 0
  #lentBytes = 0
  /** Blocks that nobody holds, the least recently used first. */
  readonly #idle = new Set<Block>()
  /** How often what is not there was asked for lately: as many blocks as there is room for. */
  readonly #wishes: LRUCache<number, number>
  /** Tells a block's file that it has made room. */
  readonly #forget = new WeakMap<Block, () => void>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.view = createView(this)
    this.#wishes = new LRUCache({ max: Math.ceil(maxBytes / BLOCK_BYTES) })
  }

  /** Of blocks. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /**
   * Takes room for a block that is not there, where it is worth reading whole: where it was asked for often enough, not
   * long ago. One pass over a large library does not drive out what is hot, nor does even access to a library much
   * larger than the budget, of which whole blocks would be read in vain.
   *
   * @param key names the block among those of all files
   */
  reserve(key: number, bytes: number): boolean {
    const wishes = (this.#wishes.get(key) ?? 0) + 1
    if (wishes >= (this.#hasRoom(bytes) ? WISHES : WISHES_TO_DISPLACE) && this.#makeRoom(bytes)) {
      this.#wishes.delete(key)
      this.#usedBytes += bytes
      return true
    }
    this.#wishes.set(key, wishes)
    return false
  }

  #hasRoom(bytes: number): boolean {
    return this.#usedBytes + this.#lentBytes + bytes <= this.#maxBytes
  }

  #makeRoom(bytes: number): boolean {
    for (const block of this.#idle) {
      if (this.#hasRoom(bytes)) break
      this.#forget.get(block)?.()
      this.drop(block)
    }
    return this.#hasRoom(bytes)
  }

  lend(bytes: number): boolean {
    if (this.#lentBytes + bytes > this.#maxBytes * LENT_PART || !this.#makeRoom(bytes)) return false
    this.#lentBytes += bytes
    return true
  }

  takeBack(bytes: number): void {
    this.#lentBytes -= bytes
  }

  /** Gives back what was reserved for a block that could not be read. */
  cancel(bytes: number): void {
    this.#usedBytes -= bytes
  }

  /** Keeps a block whose bytes were reserved; held by the caller. */
  add(block: Block, forget: () => void): void {
    this.#forget.set(block, forget)
    block.holders = 1
  }

  /** @returns whether the block is there to be held */
  hold(block: Block): boolean {
    if (!block.isCurrent) return false
    if (block.holders++ === 0) this.#idle.delete(block)
    return true
  }

  release(block: Block): void {
    if (--block.holders > 0) return
    if (block.isCurrent) this.#idle.add(block)
    else this.#usedBytes -= block.bytes.length
  }

  /** Lets go of a block, now or when its last holder does. */
  drop(block: Block): void {
    if (!block.isCurrent) return
    block.isCurrent = false
    if (this.#idle.delete(block)) this.#usedBytes -= block.bytes.length
  }
}

function createView(cache: BlockCache): StreamCache {
  return Object.freeze({
    get usedBytes() {
      return cache.usedBytes
    },
  })
}
