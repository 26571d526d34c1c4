/**
 * Reads a range of an open file: from blocks in memory if they are hot, else for this response alone ("privately"). A
 * block was checked when it was loaded; before the last private chunk is given, the file is checked.
 */
import { lengthOf, type ByteRange } from '../../http/byte-range'
import type { BlockLease } from '../memory/block'
import { BLOCK_BYTES } from '../memory/block-cache'
import type { ChunkLease } from '../memory/chunk-pool'
import { CHUNK_BYTES, smallChunks } from '../memory/small-chunks'
import { ContentSums } from './content-sums'
import type { DiskFile } from './disk-file'
import { fileTurns, type TaskPurpose, type WaitingTurn } from './file-turns'
import { DISK_TIMEOUT, tooLate } from './in-time'
import type { TrackReader } from '../source'

/** What is much shorter than a chunk is not worth a pooled buffer. */
const MIN_POOLED = CHUNK_BYTES / 4

/** Of one open track: until its first bytes are given, a refusal can still be sent. */
export interface FirstBytes {
  areGiven: boolean
}

export class DiskReader implements TrackReader {
  readonly #file: DiskFile
  readonly #firstBytes: FirstBytes
  #position: number
  #remaining: number
  /** What the last chunk lies in: a block, a pooled buffer, or neither if it was short. */
  #block: BlockLease | undefined
  #chunk: ChunkLease | undefined
  /** Whether the response got private bytes, which are not known to be of this version. */
  #isPrivate = false
  #privateBlock: number | undefined
  /** Of the private chunks before the last one; most responses have none. */
  #sums: ContentSums | undefined
  /** Of a read that has not begun. */
  #waiting: WaitingTurn | undefined
  #isClosed = false

  constructor(file: DiskFile, range: ByteRange, firstBytes: FirstBytes) {
    this.#file = file
    this.#firstBytes = firstBytes
    this.#position = range.first
    this.#remaining = lengthOf(range)
  }

  next(isEager: boolean): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const chunk = this.#next(isEager)
    if (chunk instanceof Promise && !this.#firstBytes.areGiven) return this.#giveInTime(chunk)
    this.#firstBytes.areGiven = true
    return chunk
  }

  #next(isEager: boolean): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    this.#letGo()
    if (this.#remaining === 0) return undefined
    const index = Math.floor(this.#position / BLOCK_BYTES)
    // A response that goes on in a block that was not worth loading is not a second request for it.
    const block = index === this.#privateBlock ? undefined : this.#file.leaseBlock(index, this.#purpose)
    if (block === undefined) return this.#readPrivately(isEager, index)
    if (!(block instanceof Promise)) return this.#give(block, 'memory')
    return block.then(loaded =>
      loaded === undefined ? this.#readPrivately(isEager, index) : this.#give(loaded, 'disk'),
    )
  }

  recycle(): void {
    this.#chunk?.recycle()
    this.#chunk = undefined
  }

  close(): void {
    this.#isClosed = true
    this.#letGo()
    this.#waiting?.withdraw()
  }

  /** @throws SourceError `unavailable` if the disk does not respond in time for a head */
  #giveInTime(chunk: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    // A race of promises costs several times as much.
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(tooLate())
      }, DISK_TIMEOUT)
      void chunk
        .then(given => {
          this.#firstBytes.areGiven = true
          resolve(given)
        }, reject)
        .finally(() => {
          clearTimeout(timer)
        })
    })
  }

  #give(block: BlockLease, origin: 'memory' | 'disk'): Uint8Array | Promise<Uint8Array> {
    if (this.#isClosed) {
      block.release()
      return Buffer.of()
    }
    this.#block = block
    const start = this.#position % BLOCK_BYTES
    const chunk = block.held.subarray(start, start + this.#remaining)
    this.#advance(chunk.length)
    this.#file.publishRead(origin, chunk.length)
    return this.#isDoubtfulEnd() ? this.#file.assertOneVersion(this.#sums).then(() => chunk) : chunk
  }

  async #readPrivately(isEager: boolean, index: number): Promise<Uint8Array> {
    const chunk = await this.#fillChunk(isEager, index)
    if (chunk === undefined || this.#isClosed) return Buffer.of()
    if (chunk.length < this.#remaining) {
      this.#sums ??= new ContentSums()
      this.#sums.add(chunk, this.#position)
    }
    this.#advance(chunk.length)
    this.#file.publishRead('disk', chunk.length)
    if (this.#isDoubtfulEnd()) await this.#file.assertOneVersion(this.#sums)
    return chunk
  }

  /** Reads the next chunk in its turn; undefined if this was closed before. */
  async #fillChunk(isEager: boolean, index: number): Promise<Uint8Array | undefined> {
    if (this.#isClosed) return undefined
    this.#waiting = fileTurns().begin(this.#purpose)
    if (this.#waiting !== undefined && !(await this.#waiting.isReached)) return undefined
    try {
      // A buffer that is taken after the close would never come back.
      if (this.#hasClosed()) return undefined
      const toBlockEnd = BLOCK_BYTES - (this.#position % BLOCK_BYTES)
      const chunk = this.#makeChunk(Math.min(toBlockEnd, this.#remaining), isEager && this.#isPrivate)
      this.#isPrivate = true
      this.#privateBlock = index
      await this.#file.fill(chunk, this.#position)
      return chunk
    } finally {
      fileTurns().end()
    }
  }

  #hasClosed(): boolean {
    return this.#isClosed
  }

  get #purpose(): TaskPurpose {
    return this.#firstBytes.areGiven ? 'rest' : 'start'
  }

  /** Of `bytes` at most. */
  #makeChunk(bytes: number, isLarge: boolean): Uint8Array {
    if (isLarge && bytes > CHUNK_BYTES) this.#chunk = this.#file.largeChunks?.lease()
    if (this.#chunk === undefined && bytes >= MIN_POOLED) this.#chunk = smallChunks.lease()
    return this.#chunk?.buffer.subarray(0, bytes) ?? Buffer.allocUnsafeSlow(bytes)
  }

  #advance(bytes: number): void {
    this.#position += bytes
    this.#remaining -= bytes
  }

  #isDoubtfulEnd(): boolean {
    return this.#remaining === 0 && this.#isPrivate
  }

  /** Of the last chunk, which somebody may still look at unless it was recycled. */
  #letGo(): void {
    this.#block?.release()
    this.#block = undefined
    this.#chunk?.abandon()
    this.#chunk = undefined
  }
}
