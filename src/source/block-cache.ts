/**
 * Hot content as blocks in memory that all readers share, under one budget of bytes. What a slow reader holds counts,
 * so that no crowd of them can take more.
 */

import { LRUCache } from 'lru-cache'

/** Bytes of a block; the last one of a file is shorter. */
export const BLOCK_BYTES = 1024 * 1024

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

export class BlockCache {
  readonly #maxBytes: number
  #usedBytes = 0
  /** Blocks that nobody holds, the least recently used first. */
  readonly #idle = new Set<Block>()
  /** What was asked for lately without being there: as many blocks as there is room for. */
  readonly #missed: LRUCache<number, true>
  /** Tells a block's file that it has made room. */
  readonly #forget = new WeakMap<Block, () => void>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#missed = new LRUCache({ max: Math.ceil(maxBytes / BLOCK_BYTES) })
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /**
   * Whether a block that is not there is worth reading whole: it was asked for before, not long ago. One pass over a
   * large library does not drive out what is hot, nor does even access to a library much larger than the budget.
   *
   * @param key names the block among those of all files
   */
  isWanted(key: number): boolean {
    if (this.#missed.delete(key)) return true
    this.#missed.set(key, true)
    return false
  }

  /** @returns whether `bytes` more may be taken, which they then are */
  reserve(bytes: number): boolean {
    for (const block of this.#idle) {
      if (this.#usedBytes + bytes <= this.#maxBytes) break
      this.#forget.get(block)?.()
      this.drop(block)
    }
    if (this.#usedBytes + bytes > this.#maxBytes) return false
    this.#usedBytes += bytes
    return true
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
