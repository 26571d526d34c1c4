import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { segmentLength, type Segment } from '../../src/http/body'
import type { ByteRange } from '../../src/http/byte-range'
import { planMultipart } from '../../src/http/multipart'

const CONTENT = Buffer.from(Array.from({ length: 300 }, (_, at) => at % 256))

/** The bytes on the wire. */
function bodyOf(segments: readonly Segment[], content: Buffer): Buffer {
  return Buffer.concat(
    segments.map(segment =>
      segment.kind === 'literal'
        ? segment.bytes
        : content.subarray(segment.range.first, segment.range.last + 1),
    ),
  )
}

describe('planMultipart', () => {
  const plan = planMultipart(
    [
      { first: 0, last: 3 },
      { first: 299, last: 299 },
    ],
    { size: 300, mediaType: 'audio/mpeg' },
    'BOUNDARY',
  )

  it('names the boundary in the media type', () => {
    expect(plan.contentType).toBe('multipart/byteranges; boundary=BOUNDARY')
  })

  it('begins with an empty line, as zsync needs, writes each part with its type and place, and closes the last', () => {
    const expected = Buffer.concat([
      Buffer.from('\r\n--BOUNDARY\r\nContent-Type: audio/mpeg\r\nContent-Range: bytes 0-3/300\r\n\r\n'),
      Buffer.from([0, 1, 2, 3]),
      Buffer.from('\r\n--BOUNDARY\r\nContent-Type: audio/mpeg\r\nContent-Range: bytes 299-299/300\r\n\r\n'),
      Buffer.from([43]),
      Buffer.from('\r\n--BOUNDARY--\r\n'),
    ])
    expect(bodyOf(plan.segments, CONTENT)).toEqual(expected)
  })

  it('computes its length: 76 bytes of the first part, 77 of the second, 16 of the end', () => {
    expect(plan.contentLength).toBe(169)
  })

  it('keeps the order of the ranges', () => {
    const { segments } = planMultipart(
      [
        { first: 200, last: 209 },
        { first: 0, last: 9 },
      ],
      { size: 300, mediaType: 'audio/mpeg' },
      'BOUNDARY',
    )
    expect(segments.flatMap(segment => (segment.kind === 'range' ? [segment.range.first] : []))).toEqual([
      200, 0,
    ])
  })

  it('parses back into the bytes of each range, at exactly the length promised', () => {
    const range = fc
      .tuple(fc.nat({ max: 299 }), fc.nat({ max: 299 }))
      .map(([a, b]): ByteRange => ({ first: Math.min(a, b), last: Math.max(a, b) }))
    fc.assert(
      fc.property(fc.array(range, { minLength: 2, maxLength: 16 }), ranges => {
        const planned = planMultipart(ranges, { size: 300, mediaType: 'audio/flac' }, 'b0undary')
        const body = bodyOf(planned.segments, CONTENT)
        expect(body.length).toBe(planned.contentLength)
        expect(parseParts(body, 'b0undary')).toEqual(
          ranges.map(({ first, last }) => ({
            type: 'audio/flac',
            range: `bytes ${first}-${last}/300`,
            content: CONTENT.toString('latin1', first, last + 1),
          })),
        )
      }),
    )
  })
})

describe('segmentLength', () => {
  it('counts the bytes of a literal and both ends of a range', () => {
    expect(segmentLength({ kind: 'literal', bytes: Buffer.from('é') })).toBe(2)
    expect(segmentLength({ kind: 'range', range: { first: 10, last: 19 } })).toBe(10)
  })
})

interface Part {
  readonly type: string | undefined
  readonly range: string | undefined
  /** As Latin-1, because Jest compares texts much faster than buffers. */
  readonly content: string
}

/** As a client reads a multipart body (RFC 2046, section 5.1.1). */
function parseParts(body: Buffer, boundary: string): Part[] {
  const parts: Part[] = []
  let rest: Buffer = body
  for (;;) {
    const delimiter = `\r\n--${boundary}`
    expect(rest.subarray(0, delimiter.length).toString('latin1')).toBe(delimiter)
    rest = rest.subarray(delimiter.length)
    if (rest.toString('latin1') === '--\r\n') return parts

    const head = rest.subarray(0, rest.indexOf('\r\n\r\n')).toString('latin1')
    const fields = new Map(
      head
        .trim()
        .split('\r\n')
        .map(line => line.split(': ') as [string, string]),
    )
    const content = rest.subarray(rest.indexOf('\r\n\r\n') + 4)
    const end = content.indexOf(delimiter)
    parts.push({
      type: fields.get('Content-Type'),
      range: fields.get('Content-Range'),
      content: content.toString('latin1', 0, end),
    })
    rest = content.subarray(end)
  }
}
