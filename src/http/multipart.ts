/** The body of a 206 with several ranges: `multipart/byteranges` (RFC 9110, section 14.6). Its length is known before it is sent. */
import { Buffer } from 'node:buffer'
import { segmentLength, type Segment } from './body'
import { formatContentRange, type ByteRange } from './byte-range'

export interface MultipartBody {
  readonly contentType: string
  readonly contentLength: number
  readonly segments: readonly Segment[]
}

/** @param boundary 1 to 70 letters or digits that do not occur in the content */
export function planMultipart(
  ranges: readonly ByteRange[],
  representation: { readonly size: number; readonly mediaType: string },
  boundary: string,
): MultipartBody {
  const segments: Segment[] = []
  for (const range of ranges) {
    const head =
      // zsync takes the first line for the end of a preceding part. Apache and nginx also begin with an empty line.
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
