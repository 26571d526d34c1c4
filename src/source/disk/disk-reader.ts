/** Reads a range of an open file: from the blocks in memory where they are hot, for this reader alone elsewhere. */
import { lengthOf, type ByteRange } from '../../http/byte-range'
import { Block, BLOCK_BYTES } from '../memory/block-cache'
import { ChunkPool } from '../memory/chunk-pool'
import { ContentSums } from './content-sums'
import type { DiskFile } from './disk-file'
import type { TrackReader } from '../source'

/** What a reader that stands still may hold. */
const CHUNK_BYTES = 64 * 1024

/** 4 MiB at most. */
const chunks = new ChunkPool(CHUNK_BYTES, 64)

/** What is much shorter than a chunk is not worth holding one. */
const MIN_POOLED = CHUNK_BYTES / 4

export class DiskReader implements TrackReader {
  readonly #file: DiskFile
  #position: number
  #remaining: number
  #held: Block | undefined
  /** What the last chunk is in, where it was read for this reader alone, and where that comes from. */
  #buffer: Buffer | undefined
  #pool: ChunkPool | undefined
  /** Whether some bytes were given that were not in memory, and so are not known to be of this version. */
  #isPrivate = false
  #privateBlock: number | undefined
  /** Of the chunks before the last one; most responses have none. */
  #sums: ContentSums | undefined
  #isClosed = false

  constructor(file: DiskFile, range: ByteRange) {
    this.#file = file
    this.#position = range.first
    this.#remaining = lengthOf(range)
  }

  next(isEager: boolean): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    this.#letGo()
    if (this.#remaining === 0) return undefined
    const index = Math.floor(this.#position / BLOCK_BYTES)
    // To go on in a block that was not worth reading whole is no second wish for it.
    const block = index === this.#privateBlock ? undefined : this.#file.holdBlock(index)
    if (block === undefined) return this.#readPrivately(isEager, index)
    if (block instanceof Block) return this.#give(block, 'memory')
    return block.then(loaded =>
      loaded === undefined ? this.#readPrivately(isEager, index) : this.#give(loaded, 'disk'),
    )
  }

  recycle(): void {
    if (this.#buffer !== undefined) this.#pool?.give(this.#buffer)
    this.#buffer = undefined
  }

  close(): void {
    this.#isClosed = true
    this.#letGo()
  }

  #give(block: Block, origin: 'memory' | 'disk'): Uint8Array | Promise<Uint8Array> {
    if (this.#isClosed) {
      this.#file.releaseBlock(block)
      return block.bytes.subarray(0, 0)
    }
    this.#held = block
    const start = this.#position % BLOCK_BYTES
    const chunk = block.bytes.subarray(start, start + this.#remaining)
    this.#advance(chunk.length)
    this.#file.publishRead(origin, chunk.length)
    return this.#isDoubtfulEnd() ? this.#file.assertUnchanged(this.#sums).then(() => chunk) : chunk
  }

  async #readPrivately(isEager: boolean, index: number): Promise<Uint8Array> {
    // It may have been closed while it waited for a block; a buffer that it took now would never come back.
    if (this.#isClosed) return Buffer.of()
    const toBlockEnd = BLOCK_BYTES - (this.#position % BLOCK_BYTES)
    const chunk = this.#makeChunk(Math.min(toBlockEnd, this.#remaining), isEager && this.#isPrivate)
    this.#isPrivate = true
    this.#privateBlock = index
    await this.#file.fill(chunk, this.#position)
    if (chunk.length < this.#remaining) {
      this.#sums ??= new ContentSums()
      this.#sums.add(chunk, this.#position)
    }
    this.#advance(chunk.length)
    this.#file.publishRead('disk', chunk.length)
    if (this.#isDoubtfulEnd()) await this.#file.assertUnchanged(this.#sums)
    return chunk
  }

  /** Of `bytes` at most. */
  #makeChunk(bytes: number, isLarge: boolean): Uint8Array {
    if (isLarge && bytes > CHUNK_BYTES) this.#take(this.#file.largeChunks)
    if (this.#buffer === undefined && bytes >= MIN_POOLED) this.#take(chunks)
    return this.#buffer?.subarray(0, bytes) ?? Buffer.allocUnsafeSlow(bytes)
  }

  #take(pool: ChunkPool | undefined): void {
    this.#pool = pool
    this.#buffer = pool?.take()
  }

  #advance(bytes: number): void {
    this.#position += bytes
    this.#remaining -= bytes
  }

  #isDoubtfulEnd(): boolean {
    return this.#remaining === 0 && this.#isPrivate
  }

  #letGo(): void {
    if (this.#held !== undefined) this.#file.releaseBlock(this.#held)
    this.#held = undefined
    if (this.#buffer !== undefined) this.#pool?.drop()
    this.#buffer = undefined
  }
}
