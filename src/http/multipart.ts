/** The body of a 206 with several ranges: `multipart/byteranges` (RFC 9110, section 14.6), its length known before it is sent. */
import { Buffer } from 'node:buffer'
import { formatContentRange, lengthOf, type ByteRange } from './byte-range'

/** A piece of a response body: bytes of the representation, or bytes given here. */
export type Segment =
  | { readonly kind: 'range'; readonly range: ByteRange }
  | { readonly kind: 'literal'; readonly bytes: Uint8Array }

export interface MultipartBody {
  readonly contentType: string
  readonly contentLength: number
  readonly segments: readonly Segment[]
}

/**
 * @param boundary 1 to 70 letters or digits that do not occur in the content
 */
export function planMultipart(
  ranges: readonly ByteRange[],
  representation: { readonly size: number; readonly mediaType: string },
  boundary: string,
): MultipartBody {
  const segments: Segment[] = []
  for (const range of ranges) {
    const head =
      // zsync takes the first line for the end of a part before, and Apache and nginx do begin with an empty one.
      `\r\n--${boundary}\r\n` +
      `Content-Type: ${representation.mediaType}\r\n` +
      `Content-Range: ${formatContentRange(range, representation.size)}\r\n\r\n`
    segments.push({ kind: 'literal', bytes: Buffer.from(head, 'latin1') }, { kind: 'range', range })
  }
  segments.push({ kind: 'literal', bytes: Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1') })
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    contentLength: segments.reduce((total, segment) => total + segmentLength(segment), 0),
    segments,
  }
}

export function segmentLength(segment: Segment): number {
  return segment.kind === 'range' ? lengthOf(segment.range) : segment.bytes.length
}
