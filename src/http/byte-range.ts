/** Byte ranges of one representation (RFC 9110, section 14). A malformed set is ignored, not refused: players recover from 200, not from 416. */

/** Positions of the first and last byte, both included. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

export type RangeOutcome =
  | { readonly kind: 'whole' }
  | { readonly kind: 'partial'; readonly ranges: readonly [ByteRange, ...ByteRange[]] }
  | { readonly kind: 'unsatisfiable' }

const WHOLE: RangeOutcome = { kind: 'whole' }

/** A gap smaller than the header of a part costs less than the part (RFC 9110, section 15.3.7.2). */
const COALESCED_GAP = 80

/** More parts than any client asks in earnest; against amplification (RFC 9110, section 17.15). */
const MAX_PARTS = 16

/** OWS is space and tab only (RFC 9110, section 5.6.3). */
const EMPTY_MEMBER = /^[ \t]*$/
const SPEC = /^[ \t]*(?:(\d+)-(\d*)|-(\d+))[ \t]*$/

/**
 * The part of a representation that a `Range` field asks for, in the order asked, overlaps and small gaps joined.
 *
 * @param header the field's text; undefined where it is absent
 * @param size bytes of the whole representation
 */
export function parseRange(header: string | undefined, size: number): RangeOutcome {
  if (header === undefined || size === 0 || !/^bytes=/i.test(header)) return WHOLE

  const specs = header
    .slice('bytes='.length)
    .split(',')
    .filter(spec => !EMPTY_MEMBER.test(spec))
  if (specs.length === 0) return WHOLE

  const satisfiable: ByteRange[] = []
  for (const spec of specs) {
    const match = SPEC.exec(spec)
    if (match === null) return WHOLE
    const [, first = '', last = '', suffix] = match
    if (suffix !== undefined) {
      const length = Math.min(Number(suffix), size)
      if (length > 0) satisfiable.push({ first: size - length, last: size - 1 })
    } else {
      if (last !== '' && isGreater(first, last)) return WHOLE
      const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
      if (Number(first) < size) satisfiable.push({ first: Number(first), last: end })
    }
  }

  const [first, ...others] = coalesce(satisfiable)
  if (first === undefined) return { kind: 'unsatisfiable' }
  return others.length < MAX_PARTS ? { kind: 'partial', ranges: [first, ...others] } : WHOLE
}

/** The `Content-Range` of a 206, or of one part of it (RFC 9110, section 14.4). */
export function formatContentRange({ first, last }: ByteRange, size: number): string {
  return `bytes ${first}-${last}/${size}`
}

export function lengthOf({ first, last }: ByteRange): number {
  return last - first + 1
}

/** Joins what overlaps or nearly touches; a joined range stands where its first member was asked. */
function coalesce(ranges: readonly ByteRange[]): readonly ByteRange[] {
  if (ranges.length < 2) return ranges
  const byStart = ranges.map((range, order) => ({ ...range, order })).sort((a, b) => a.first - b.first)
  const joined: (typeof byStart)[number][] = []
  for (const next of byStart) {
    const previous = joined.at(-1)
    if (previous === undefined || next.first - previous.last - 1 >= COALESCED_GAP) {
      joined.push(next)
    } else {
      previous.last = Math.max(previous.last, next.last)
      previous.order = Math.min(previous.order, next.order)
    }
  }
  return joined.sort((a, b) => a.order - b.order).map(({ first, last }) => ({ first, last }))
}

/** Whether digits `a` mean more than digits `b`, of any length. */
function isGreater(a: string, b: string): boolean {
  return a.length < 16 && b.length < 16 ? Number(a) > Number(b) : BigInt(a) > BigInt(b)
}
