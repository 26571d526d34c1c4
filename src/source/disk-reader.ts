/** Reads a range of an open file, and gives the end of it only where nothing was written into the file meanwhile. */
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { lengthOf, type ByteRange } from '../http/byte-range'
import { SourceFault, type TrackReader } from './source'

/** Small enough that a stalled reader holds little, large enough for few system calls. */
const CHUNK_BYTES = 64 * 1024

export class DiskReader implements TrackReader {
  readonly #handle: FileHandle
  readonly #stats: BigIntStats
  #position: number
  #remaining: number

  /** @param stats the state of the file that the range was planned for */
  constructor(handle: FileHandle, stats: BigIntStats, range: ByteRange) {
    this.#handle = handle
    this.#stats = stats
    this.#position = range.first
    this.#remaining = lengthOf(range)
  }

  async next(): Promise<Uint8Array | undefined> {
    if (this.#remaining === 0) return undefined
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, this.#remaining))
    const { bytesRead } = await this.#handle.read(chunk, 0, chunk.length, this.#position).catch(readError)
    if (bytesRead === 0) throw new SourceFault('truncated')
    this.#position += bytesRead
    this.#remaining -= bytesRead
    if (this.#remaining === 0) await this.#assertUnchanged()
    return chunk.subarray(0, bytesRead)
  }

  /** Asked after the last read: whatever was written into the file before it has moved one of its times. */
  async #assertUnchanged(): Promise<void> {
    const before = this.#stats
    const after = await this.#handle.stat({ bigint: true }).catch(readError)
    if (after.size < before.size) throw new SourceFault('truncated')
    // Replacing or deleting the name takes a link, and so moves ctime, but leaves these bytes as they were.
    const isRelinked = after.nlink !== before.nlink
    if (
      after.size !== before.size ||
      after.mtimeNs !== before.mtimeNs ||
      (after.ctimeNs !== before.ctimeNs && !isRelinked)
    ) {
      throw new SourceFault('changed')
    }
  }
}

export function readError(error: unknown): never {
  throw new SourceFault('read_error', error)
}
