/** Tracks as files of one directory: `{id}.{extension}`, the first extension that exists. */
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { lengthOf, type ByteRange } from '../http/byte-range'
import { mediaTypeOf, type AudioExtension } from '../http/media-type'
import type { Representation } from '../http/response-plan'
import { openInside } from './open-inside'
import { SourceFault, type OpenTrack, type Source, type TrackReader } from './source'

/** Small enough that a stalled reader holds little, large enough for few system calls. */
const CHUNK_BYTES = 64 * 1024

/** @param directory absolute */
export function createDiskSource(directory: string, extensions: readonly AudioExtension[]): Source {
  async function openTrack(id: string): Promise<OpenTrack | undefined> {
    for (const extension of extensions) {
      const file = await openInside(directory, `${id}.${extension}`)
      if (file !== undefined) return new DiskTrack(file.handle, file.stats, mediaTypeOf(extension))
    }
    return undefined
  }
  return { open: openTrack }
}

class DiskTrack implements OpenTrack {
  readonly representation: Representation
  readonly #handle: FileHandle
  readonly #stats: BigIntStats

  constructor(handle: FileHandle, stats: BigIntStats, mediaType: string) {
    this.#handle = handle
    this.#stats = stats
    this.representation = {
      size: Number(stats.size),
      mediaType,
      etag: `"${stats.size.toString(36)}-${stats.mtimeNs.toString(36)}"`,
      lastModified: Math.floor(Number(stats.mtimeMs) / 1000),
    }
  }

  read(range: ByteRange): TrackReader {
    return new DiskReader(this.#handle, this.#stats, range)
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => undefined)
  }
}

class DiskReader implements TrackReader {
  readonly #handle: FileHandle
  readonly #stats: BigIntStats
  #position: number
  #remaining: number

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

function readError(error: unknown): never {
  throw new SourceFault('read_error', error)
}
