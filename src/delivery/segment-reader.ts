/** The segments of a body as one sequence of chunks, read one at a time; small ones that follow each other are one chunk. */
import type { Segment } from '../http/body'
import type { Cancellation, OpenTrack, TrackReader } from '../source/source'
import { countJoined, JoinedReader } from './joined-reader'

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
      const start = this.#index
      const segment = this.#segments[start]
      if (segment === undefined) return undefined
      const joined = this.#segments.length === 1 ? 1 : countJoined(this.#segments, start)
      this.#index += Math.max(joined, 1)
      if (joined > 1) {
        const small = this.#segments.slice(start, this.#index)
        this.#reader = new JoinedReader(this.#track, small, this.#cancellation)
      } else if (segment.kind === 'literal') {
        return segment.bytes
      } else {
        this.#reader = this.#track.read(segment.range, this.#cancellation)
      }
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
