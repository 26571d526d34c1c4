/** The segments of a body as one sequence of chunks, read one at a time. */
import type { Segment } from '../http/body'
import type { Cancellation, OpenTrack, TrackReader } from '../source/source'

type Chunk = Uint8Array | undefined

export class SegmentReader implements TrackReader {
  readonly #track: OpenTrack
  readonly #segments: readonly Segment[]
  readonly #cancellation: Cancellation
  #index = 0
  #reader: TrackReader | undefined

  constructor(track: OpenTrack, segments: readonly Segment[], cancellation: Cancellation) {
    this.#track = track
    this.#segments = segments
    this.#cancellation = cancellation
  }

  next(isEager: boolean): Chunk | Promise<Chunk> {
    for (;;) {
      if (this.#reader !== undefined) {
        const chunk = this.#reader.next(isEager)
        if (chunk instanceof Promise) return chunk.then(read => read ?? this.#nextSegment(isEager))
        if (chunk !== undefined) return chunk
        this.close()
      }
      const segment = this.#segments[this.#index++]
      if (segment === undefined) return undefined
      if (segment.kind === 'literal') return segment.bytes
      this.#reader = this.#track.read(segment.range, this.#cancellation)
    }
  }

  recycle(): void {
    this.#reader?.recycle()
  }

  close(): void {
    this.#reader?.close()
    this.#reader = undefined
  }

  #nextSegment(isEager: boolean): Chunk | Promise<Chunk> {
    this.close()
    return this.next(isEager)
  }
}
