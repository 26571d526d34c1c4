/** The blocks of one open file, from the first that is loaded until the file is closed. */
import type { StreamCache } from '../../events'
import { Block, type BlockLease } from './block'
import type { BlockCache } from './block-cache'
import type { ChunkPool } from './chunk-pool'

/**
 * Reads a block into `target`.
 *
 * @returns whether the bytes are known to be of the version that was opened; otherwise the block is not kept
 */
export type ReadBlock = (target: Uint8Array) => Promise<boolean>

export class FileBlocks {
  static #count = 0
  readonly #number = FileBlocks.#count++
  readonly #cache: BlockCache
  /** A block, or the load that will make it one. What was dropped stays until it is loaded again. */
  readonly #blocks: (Block | Promise<BlockLease | undefined> | undefined)[] = []
  /** Whether a block was loaded again after it had been dropped. */
  #hasReloaded = false
  #isClosed = false

  constructor(cache: BlockCache) {
    this.#cache = cache
  }

  get largeChunks(): ChunkPool {
    return this.#cache.largeChunks
  }

  get view(): StreamCache {
    return this.#cache.view
  }

  /** At once if the block is in memory, later if it is being loaded; undefined if neither. */
  lease(index: number): BlockLease | undefined | Promise<BlockLease | undefined> {
    const block = this.#blocks[index]
    // By the time it is loaded, its first holder may have released it and it may have been dropped.
    return block instanceof Promise ? block.then(() => this.lease(index)) : block?.lease()
  }

  /**
   * Loads a block that is absent, and leases it to the caller; undefined if it is not worth it, or if there is no room.
   * Other requests get the same load from {@link lease}.
   *
   * @param read rejects if the block cannot be read; so does the load
   */
  load(index: number, bytes: number, read: ReadBlock): Promise<BlockLease | undefined> | undefined {
    const block = this.#cache.admit(`${this.#number}.${index}`, bytes)
    if (block === undefined) return undefined
    this.#hasReloaded ||= this.#blocks[index] !== undefined
    const loading = this.#fill(block, index, read)
    this.#blocks[index] = loading
    return loading
  }

  async #fill(block: Block, index: number, read: ReadBlock): Promise<BlockLease | undefined> {
    let isKept = false
    try {
      isKept = (await read(block.bytes)) && !this.#isClosed
      return isKept ? block.lease() : undefined
    } finally {
      this.#blocks[index] = isKept ? block : undefined
      if (!isKept) block.drop()
    }
  }

  /** All blocks that were ever loaded, as evidence of what responses contain; undefined if one of them was dropped. */
  evidence(): { readonly index: number; readonly bytes: Uint8Array }[] | undefined {
    if (this.#hasReloaded) return undefined
    const loaded = []
    for (const [index, block] of this.#blocks.entries()) {
      if (!(block instanceof Block)) continue
      if (block.state === 'dropped') return undefined
      loaded.push({ index, bytes: block.bytes })
    }
    return loaded
  }

  /** Drops every block, also those that are still being loaded. */
  close(): void {
    this.#isClosed = true
    for (const block of this.#blocks) if (block instanceof Block) block.drop()
    this.#blocks.length = 0
  }
}
