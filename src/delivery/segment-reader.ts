/** The segments of a body as one sequence of chunks, read one at a time. */
import type { Segment } from '../http/multipart'
import type { OpenTrack, TrackReader } from '../source/source'

export function readSegments(
  track: OpenTrack,
  segments: readonly Segment[],
  signal: AbortSignal,
): TrackReader {
  const rest = segments.values()
  let reader: TrackReader | undefined

  async function next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = await reader?.next()
      if (chunk !== undefined) return chunk
      reader = undefined
      const { value: segment } = rest.next()
      if (segment === undefined) return undefined
      if (segment.kind === 'literal') return segment.bytes
      reader = track.read(segment.range, signal)
    }
  }
  return { next }
}
