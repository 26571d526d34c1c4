/** One version of a file, open, and shared by all who read it. */
import type { BigIntStats } from 'node:fs'
import { publishRead, type StreamReadEvent } from '../events'
import type { ByteRange } from '../http/byte-range'
import type { AudioExtension } from '../http/media-type'
import type { Representation } from '../http/response-plan'
import { Block, BLOCK_BYTES, type BlockCache } from './block-cache'
import type { ChunkPool } from './chunk-pool'
import { DiskReader } from './disk-reader'
import { assertUnchanged, readExactly } from './file-state'
import { closeFile } from './open-inside'
import { SourceFault, type OpenTrack, type TrackDescription } from './source'

/** Of one file, which then has a tebibyte. */
const MAX_BLOCKS = 2 ** 20

export class DiskFile {
  static #files = 0
  /** Under which it was found. */
  readonly extension: AudioExtension
  /** Of the descriptor, when it was opened. */
  readonly stats: BigIntStats
  readonly representation: Representation
  /** Whether it was found to have changed since it was opened. */
  isStale = false
  #fd: number
  readonly #name: string
  readonly #cache: BlockCache | undefined
  readonly #blocks: (Block | Promise<Block> | undefined)[] = []
  readonly #number = DiskFile.#files++ * MAX_BLOCKS
  /** Its opener's hold counts as one. */
  #holders = 1

  constructor(
    fd: number,
    name: string,
    extension: AudioExtension,
    stats: BigIntStats,
    representation: Representation,
    cache?: BlockCache,
  ) {
    this.#fd = fd
    this.#name = name
    this.extension = extension
    this.stats = stats
    this.representation = representation
    this.#cache = cache
  }

  /** A hold on this file, for one response; undefined where it is closed. */
  track(): OpenTrack | undefined {
    if (this.#holders === 0) return undefined
    this.#holders++
    return new DiskTrack(this)
  }

  describe(): TrackDescription {
    const { size, mediaType, etag, lastModified } = this.representation
    return {
      size,
      type: mediaType,
      etag,
      lastModified: lastModified === undefined ? undefined : new Date(lastModified * 1000),
      fileName: this.#name,
    }
  }

  /** Whether others hold it than its opener. */
  get isRead(): boolean {
    return this.#holders > 1
  }

  /** Ends one hold; the last one closes the file. */
  release(): void {
    if (--this.#holders > 0) return
    for (const block of this.#blocks) if (block instanceof Block) this.#cache?.drop(block)
    this.#blocks.length = 0
    void closeFile(this.#fd)
    // Another file may get the number, and a reading that was given up may still have a look to make.
    this.#fd = -1
  }

  /**
   * Holds a block for the caller: at once where it is in memory, later where it is worth being there. Undefined where
   * it is not, and where the budget is used up.
   */
  holdBlock(index: number): Block | undefined | Promise<Block | undefined> {
    const cache = this.#cache
    if (cache === undefined) return undefined
    const known = this.#blocks[index]
    if (known instanceof Block) return cache.hold(known) ? known : undefined
    // It may have had to make room before its turn came.
    if (known !== undefined) return known.then(block => (cache.hold(block) ? block : undefined))
    const length = Math.min(BLOCK_BYTES, this.representation.size - index * BLOCK_BYTES)
    if (!cache.reserve(this.#number + index, length)) return undefined
    const loading = this.#load(cache, index, length)
    this.#blocks[index] = loading
    return loading
  }

  releaseBlock(block: Block): void {
    this.#cache?.release(block)
  }

  /** Undefined where nothing is kept in memory. */
  get largeChunks(): ChunkPool | undefined {
    return this.#cache?.largeChunks
  }

  /** Tells of bytes that a reader was given. */
  publishRead(origin: StreamReadEvent['origin'], bytes: number): void {
    publishRead(origin, bytes, this.#cache?.view)
  }

  /** @throws SourceFault where what was read of it may be of two versions */
  async assertUnchanged(): Promise<void> {
    try {
      await assertUnchanged(this.#fd, this.stats)
    } catch (fault) {
      this.isStale = true
      throw fault
    }
  }

  /** Reads into `target` for one reader. */
  async fill(target: Uint8Array, position: number): Promise<void> {
    try {
      await readExactly(this.#fd, target, position)
    } catch (fault) {
      this.isStale = true
      throw fault
    }
  }

  async #load(cache: BlockCache, index: number, length: number): Promise<Block> {
    // The file must outlive the reading, even where all who asked for it leave.
    this.#holders++
    try {
      const block = new Block(Buffer.allocUnsafeSlow(length))
      await this.fill(block.bytes, index * BLOCK_BYTES)
      await this.assertUnchanged()
      cache.add(block, () => {
        this.#blocks[index] = undefined
      })
      this.#blocks[index] = block
      return block
    } catch (error) {
      cache.cancel(length)
      this.#blocks[index] = undefined
      throw error
    } finally {
      this.release()
    }
  }
}

class DiskTrack implements OpenTrack {
  readonly representation: Representation
  #file: DiskFile | undefined

  constructor(file: DiskFile) {
    this.#file = file
    this.representation = file.representation
  }

  read(range: ByteRange): DiskReader {
    if (this.#file === undefined) throw new SourceFault('read_error', new Error('The track is closed'))
    return new DiskReader(this.#file, range)
  }

  close(): void {
    this.#file?.release()
    this.#file = undefined
  }
}
