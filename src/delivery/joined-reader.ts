/** Small segments of a body as one chunk: to write one costs as much as to copy some 64 KiB, and a part of a few bytes has two. */
import { Buffer } from 'node:buffer'
import { segmentLength, type Segment } from '../http/body'
import { SourceError, type Cancellation, type OpenTrack, type TrackReader } from '../source/source'

type Chunk = Uint8Array | undefined

/** Bytes of a chunk: no more than a client that takes no data holds otherwise. */
const MAX_JOINED = 64 * 1024

/** A longer segment is not worth a copy. */
const MAX_SEGMENT = 16 * 1024

/** How many of `segments` from `start` on go into one chunk. */
export function countJoined(segments: readonly Segment[], start: number): number {
  let bytes = 0
  let end = start
  for (let segment = segments[end]; segment !== undefined; segment = segments[++end]) {
    const length = segmentLength(segment)
    bytes += length
    if (length > MAX_SEGMENT || bytes > MAX_JOINED) break
  }
  return end - start
}

/** Gives one chunk, which is a copy: what it was read from is released before the client has taken it. */
export class JoinedReader implements TrackReader {
  readonly #track: OpenTrack
  readonly #segments: readonly Segment[]
  readonly #cancellation: Cancellation
  readonly #bytes: Buffer
  #filled = 0
  #index = 0
  /** Of the segment that is being read: {@link #end} is its end in the chunk. */
  #reader: TrackReader | undefined
  #end = 0
  #isGiven = false
  #isClosed = false

  constructor(track: OpenTrack, segments: readonly Segment[], cancellation: Cancellation) {
    this.#track = track
    this.#segments = segments
    this.#cancellation = cancellation
    this.#bytes = Buffer.allocUnsafe(segments.reduce((sum, segment) => sum + segmentLength(segment), 0))
  }

  next(): Chunk | Promise<Chunk> {
    if (this.#isGiven) return undefined
    this.#isGiven = true
    return this.#fill()
  }

  recycle(): void {
    // The chunk is of no pool.
  }

  close(): void {
    this.#isClosed = true
    this.#closeReader()
  }

  #fill(): Uint8Array | Promise<Uint8Array> {
    while (this.#reader !== undefined || this.#begin()) {
      const piece = this.#reader?.next(false)
      if (piece instanceof Promise) return piece.then(read => this.#goOn(read))
      this.#put(piece)
    }
    return this.#bytes
  }

  #goOn(read: Chunk): Uint8Array | Promise<Uint8Array> {
    // What a closed segment gives is of no value, and its `next` must not be called again.
    if (this.#isClosed) return Buffer.of()
    this.#put(read)
    return this.#fill()
  }

  /** @returns whether there is a segment left */
  #begin(): boolean {
    const segment = this.#segments[this.#index++]
    if (segment === undefined) return false
    this.#end = this.#filled + segmentLength(segment)
    if (segment.kind === 'range') this.#reader = this.#track.read(segment.range, this.#cancellation)
    else this.#copy(segment.bytes)
    return true
  }

  /** @param piece of a range; undefined after its last */
  #put(piece: Chunk): void {
    if (this.#reader === undefined) return
    if (piece !== undefined) {
      this.#copy(piece)
      this.#reader.recycle()
      return
    }
    this.#closeReader()
    if (this.#filled < this.#end) throw new SourceError('truncated')
  }

  #copy(piece: Uint8Array): void {
    if (this.#filled + piece.length > this.#end)
      throw new SourceError('read_error', { cause: new Error('More bytes than the range') })
    this.#bytes.set(piece, this.#filled)
    this.#filled += piece.length
  }

  #closeReader(): void {
    this.#reader?.close()
    this.#reader = undefined
  }
}
