/** The pieces of a response body. */
import { lengthOf, type ByteRange } from './byte-range'

/** Bytes of the representation, or bytes that the plan contains itself. */
export type Segment =
  | { readonly kind: 'range'; readonly range: ByteRange }
  | { readonly kind: 'literal'; readonly bytes: Uint8Array }

export function segmentLength(segment: Segment): number {
  return segment.kind === 'range' ? lengthOf(segment.range) : segment.bytes.length
}

/** Bytes of the whole body. */
export function bodyLength(body: readonly Segment[]): number {
  let length = 0
  for (const segment of body) length += segmentLength(segment)
  return length
}
