/**
 * Reads a range of a version: what has arrived is given at once, what is in memory without a copy as long as slow clients
 * do not hold too much of it, and what is neither is read for all clients that need it.
 */
import { publishRead } from '../../events'
import type { ByteRange } from '../../http/byte-range'
import type { Lease } from '../lease'
import type { ChunkLease } from '../memory/chunk-pool'
import { CHUNK_BYTES, smallChunks } from '../memory/small-chunks'
import { SourceError, type TrackReader } from '../source'
import type { Extent } from './extent'
import type { RemoteVersion } from './remote-version'

/** What one write may bring to the socket. */
const LONGEST_CHUNK = 1024 * 1024

/** Blocks that are read at a time: for the first bytes of a seek, then for a player, then for a download. */
const FIRST_BLOCKS = 2
const BLOCKS = 4
const DOWNLOAD_BLOCKS = 16

/** A player fills its own buffer as fast as a download: the kernel's are full after some 2.5 MiB. */
const DOWNLOAD_AFTER = 4 * 1024 * 1024

/** Shared by all ranges of one open track: until its first bytes are given, a refusal can still be sent. */
export interface FirstBytes {
  /** Milliseconds, by the clock of `performance`; undefined once there were some. */
  deadline: number | undefined
}

export class RemoteReader implements TrackReader {
  readonly #version: RemoteVersion
  readonly #last: number
  readonly #firstBytes: FirstBytes
  #position: number
  #hasGiven = false
  /** Given since the client last had to be waited for. */
  #eagerBytes = 0
  /** The one that this waits for, or will read next. */
  #extent: Extent | undefined
  /** What the last chunk lies in. */
  #lease: Lease<Uint8Array> | undefined
  #chunk: ChunkLease | undefined
  #wake: (() => void) | undefined
  #isClosed = false

  constructor(version: RemoteVersion, range: ByteRange, firstBytes: FirstBytes) {
    this.#version = version
    this.#position = range.first
    this.#last = range.last
    this.#firstBytes = firstBytes
  }

  next(isEager: boolean): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    this.#letGo()
    if (!isEager) this.#eagerBytes = 0
    if (this.#position > this.#last) {
      this.#move(undefined)
      return undefined
    }
    const extent = this.#version.extentAt(this.#position)
    this.#move(extent)
    return extent !== undefined && extent.arrivedEnd > this.#position
      ? this.#give(extent, 'memory')
      : this.#await()
  }

  recycle(): void {
    this.#chunk?.recycle()
    this.#chunk = undefined
  }

  close(): void {
    this.#isClosed = true
    this.#letGo()
    this.#move(undefined)
    this.#wake?.()
  }

  async #await(): Promise<Uint8Array> {
    while (!this.#isClosed) {
      const extent = this.#version.extentAt(this.#position) ?? this.#read()
      this.#move(extent)
      if (extent.arrivedEnd > this.#position) return this.#give(extent, 'store')
      await this.#change(extent)
      extent.throwIfFailed()
    }
    return Buffer.of()
  }

  #read(): Extent {
    const next = this.#eagerBytes >= DOWNLOAD_AFTER ? DOWNLOAD_BLOCKS : BLOCKS
    return this.#version.read(this.#position, this.#last, this.#hasGiven ? next : FIRST_BLOCKS)
  }

  /** @throws SourceError `unavailable` if no byte came in time for a head */
  async #change(extent: Extent): Promise<void> {
    const { deadline } = this.#firstBytes
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.#wake = resolve
      extent.onChange(resolve)
      if (deadline !== undefined) timer = setTimeout(resolve, Math.max(0, deadline - performance.now()))
    })
    clearTimeout(timer)
    this.#wake = undefined
    const isLate = this.#firstBytes.deadline !== undefined && performance.now() >= this.#firstBytes.deadline
    if (isLate && !this.#isClosed && extent.arrivedEnd <= this.#position && extent.state !== 'failed') {
      throw new SourceError('unavailable', { cause: new Error('The storage gave no bytes in time') })
    }
  }

  #give(extent: Extent, origin: 'memory' | 'store'): Uint8Array {
    const limit = Math.min(LONGEST_CHUNK, this.#last + 1 - this.#position)
    this.#lease = extent.lease(this.#position, limit)
    const bytes = this.#lease?.held ?? this.#copy(extent, limit)
    this.#position += bytes.length
    this.#hasGiven = true
    this.#eagerBytes += bytes.length
    this.#firstBytes.deadline = undefined
    publishRead(origin, bytes.length, this.#version.memory.view)
    return bytes
  }

  #copy(extent: Extent, limit: number): Uint8Array {
    this.#chunk = smallChunks.lease()
    const target = (this.#chunk?.buffer ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)).subarray(0, limit)
    return target.subarray(0, extent.copy(this.#position, target))
  }

  /** Keeps the read of `extent` in progress, and no other, until the next move. */
  #move(extent: Extent | undefined): void {
    if (extent === this.#extent) return
    extent?.enter()
    this.#extent?.leave()
    this.#extent = extent
  }

  #letGo(): void {
    this.#lease?.release()
    this.#lease = undefined
    this.#chunk?.abandon()
    this.#chunk = undefined
  }
}
