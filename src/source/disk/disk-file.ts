/** One version of a file, open, and shared by all who read it. */
import type { BigIntStats } from 'node:fs'
import { publishRead, type StreamReadEvent } from '../../events'
import type { ByteRange } from '../../http/byte-range'
import type { Representation } from '../../http/representation'
import { Block, BLOCK_BYTES, type BlockCache } from '../memory/block-cache'
import type { ChunkPool } from '../memory/chunk-pool'
import { DiskReader } from './disk-reader'
import type { ContentSums } from './content-sums'
import { compareStats, currentStats, readExactly, type Movement } from './file-state'
import { closeFile } from './open-inside'
import { SourceFault, type OpenTrack, type TrackDescription } from '../source'

/** Of one file, which then has a tebibyte. */
const MAX_BLOCKS = 2 ** 20

/** Computes the tag of a file by its content again; undefined for one that is tagged by its state. */
export type Retag = (fd: number, stats: BigIntStats) => Promise<string>

export class DiskFile {
  static #files = 0
  /** Under which it was found, with its extension. */
  readonly name: string
  /** Of the descriptor, when its content was last known to be that of the opening. */
  stats: BigIntStats
  readonly representation: Representation
  /** Whether it was found to have changed since it was opened. */
  isStale = false
  #fd: number
  readonly #retag: Retag | undefined
  readonly #cache: BlockCache | undefined
  readonly #blocks: (Block | Promise<Block | undefined> | undefined)[] = []
  readonly #number = DiskFile.#files++ * MAX_BLOCKS
  /** Whether a block was in memory that is not there any more, so that what it gave cannot be compared. */
  #hasForgotten = false
  /** Its opener's hold counts as one. */
  #holders = 1

  constructor(
    fd: number,
    name: string,
    stats: BigIntStats,
    representation: Representation,
    retag: Retag | undefined,
    cache: BlockCache | undefined,
  ) {
    this.#fd = fd
    this.name = name
    this.stats = stats
    this.representation = representation
    this.#retag = retag
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
      fileName: this.name,
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
    if (known !== undefined) return known.then(block => (block && cache.hold(block) ? block : undefined))
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

  /**
   * Called before the last bytes of a response are given.
   *
   * @param sums what the response was given before that no block holds
   * @throws SourceFault if it may be of two versions
   */
  async assertUnchanged(sums?: ContentSums): Promise<void> {
    try {
      const { stats, movement } = await this.#look()
      if (movement === 'times' && this.#retag === undefined) {
        await this.#compareBlocks()
        await sums?.compare(this)
        // The comparison itself may have met a file that is being written.
        if (compareStats(stats, await currentStats(this.#fd)) !== 'none') throw new SourceFault('changed')
      }
    } catch (fault) {
      this.isStale = true
      throw fault
    }
  }

  /** How the file has moved since it was opened; a file that is tagged by its content has not if that is the same. */
  async #look(): Promise<{ readonly stats: BigIntStats; readonly movement: Movement }> {
    const stats = await currentStats(this.#fd)
    const movement = compareStats(this.stats, stats)
    if (movement === 'truncated' || movement === 'changed') throw new SourceFault(movement)
    const tag = movement === 'times' ? await this.#retag?.(this.#fd, stats) : undefined
    if (tag !== undefined && tag !== this.representation.etag) throw new SourceFault('changed')
    if (movement === 'attributes' || tag !== undefined) this.stats = stats
    return { stats, movement }
  }

  /** Compares what is in memory with what the disk has now. */
  async #compareBlocks(): Promise<void> {
    if (this.#hasForgotten) throw new SourceFault('changed')
    for (const [index, block] of this.#blocks.entries()) {
      if (!(block instanceof Block)) continue
      const bytes = Buffer.allocUnsafeSlow(block.bytes.length)
      await readExactly(this.#fd, bytes, index * BLOCK_BYTES)
      if (!bytes.equals(block.bytes)) throw new SourceFault('changed')
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

  /** @returns undefined if nobody can tell whether the content is that of the opening */
  async #load(cache: BlockCache, index: number, length: number): Promise<Block | undefined> {
    // The file must outlive the reading, even where all who asked for it leave.
    this.#holders++
    try {
      const block = new Block(Buffer.allocUnsafeSlow(length))
      await this.fill(block.bytes, index * BLOCK_BYTES)
      const { movement } = await this.#look()
      if (movement === 'times' && this.#retag === undefined) {
        this.isStale = true
        cache.cancel(length)
        this.#blocks[index] = undefined
        return undefined
      }
      cache.add(block, () => {
        this.#hasForgotten = true
        this.#blocks[index] = undefined
      })
      this.#blocks[index] = block
      return block
    } catch (error) {
      this.isStale = true
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
