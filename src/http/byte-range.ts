/**
 * Byte ranges of one representation (RFC 9110, section 14). A malformed set is ignored, not rejected: players recover
 * from 200, not from 416.
 */
import { countsMoreThan, skipWhiteSpace } from './list'

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

/** More parts than any real client requests. The limit prevents amplification (RFC 9110, section 17.15). */
const MAX_PARTS = 16

/** More members than any client lists, including empty ones. A longer set is ignored without parsing it (section 14.2). */
const MAX_MEMBERS = 2048

const UNIT = 'bytes='
const DASH = 0x2d
const ZERO = 0x30

/** So that neither number can have more digits than a safe integer. */
const LONGEST_PLAIN = 'bytes=0-'.length + 15

/** Digits of the largest safe integer. */
const SAFE_DIGITS = 16

/**
 * The parts of a representation that a `Range` field requests, in the order of the request. Overlapping ranges and
 * ranges with a small gap between them are joined.
 *
 * @param header the value of `Range`; undefined when it is absent
 * @param size bytes of the whole representation
 */
export function parseRange(header: string | undefined, size: number): RangeOutcome {
  if (header === undefined || size === 0) return WHOLE
  const plain = parsePlain(header, size)
  if (plain !== undefined) return { kind: 'partial', ranges: [plain] }
  if (header.slice(0, UNIT.length).toLowerCase() !== UNIT) return WHOLE
  if (countsMoreThan(header, ',', MAX_MEMBERS - 1)) return WHOLE

  const satisfiable: ByteRange[] = []
  let isEmpty = true
  for (let start = UNIT.length, end = 0; end < header.length; start = end + 1) {
    const comma = header.indexOf(',', start)
    end = comma === -1 ? header.length : comma
    const at = skipWhiteSpace(header, start, end)
    if (at === end) continue
    isEmpty = false
    const range = parseMember(header, at, end, size)
    if (range === 'malformed') return WHOLE
    if (range !== 'unsatisfiable') satisfiable.push(range)
  }
  if (isEmpty) return WHOLE

  const [first, ...others] = coalesce(satisfiable)
  if (first === undefined) return { kind: 'unsatisfiable' }
  return others.length < MAX_PARTS ? { kind: 'partial', ranges: [first, ...others] } : WHOLE
}

/**
 * Nearly all that players send: `bytes=5-9` or `bytes=5-`, without white space, and satisfiable.
 * Undefined for the rest, which takes the general way.
 */
function parsePlain(header: string, size: number): ByteRange | undefined {
  if (!header.startsWith(UNIT) || header.length > LONGEST_PLAIN) return undefined
  let at = UNIT.length
  let first = 0
  for (; isDigit(header.charCodeAt(at)); at++) first = first * 10 + header.charCodeAt(at) - ZERO
  if (at === UNIT.length || header.charCodeAt(at) !== DASH || first >= size) return undefined
  const end = at + 1
  if (end === header.length) return { first, last: size - 1 }
  let last = 0
  for (at = end; isDigit(header.charCodeAt(at)); at++) last = last * 10 + header.charCodeAt(at) - ZERO
  if (at < header.length || last < first) return undefined
  return { first, last: Math.min(last, size - 1) }
}

/** The `Content-Range` of a 206, or of one part of it (RFC 9110, section 14.4). */
export function formatContentRange({ first, last }: ByteRange, size: number): string {
  return `bytes ${first}-${last}/${size}`
}

export function lengthOf({ first, last }: ByteRange): number {
  return last - first + 1
}

/** Parses one member, such as `5-9`, `5-` or `-9`, that begins at `start`. */
function parseMember(
  header: string,
  start: number,
  end: number,
  size: number,
): ByteRange | 'malformed' | 'unsatisfiable' {
  const first = readDigits(header, start, end)
  const last = readDigits(header, first.end + 1, end)
  const isMember =
    header.charCodeAt(first.end) === DASH &&
    (first.count > 0 || last.count > 0) &&
    skipWhiteSpace(header, last.end, end) === end
  if (!isMember) return 'malformed'

  if (first.count === 0) {
    const length = Math.min(last.value, size)
    return length > 0 ? { first: size - length, last: size - 1 } : 'unsatisfiable'
  }
  if (last.count > 0 && isGreater(header, first, last)) return 'malformed'
  if (first.value >= size) return 'unsatisfiable'
  return { first: first.value, last: last.count > 0 ? Math.min(last.value, size - 1) : size - 1 }
}

/** A number of any length and its position in the field. */
interface Digits {
  /** Infinity if there are more digits than a safe integer can have. */
  readonly value: number
  readonly count: number
  /** Position of the first digit after the leading zeros. */
  readonly start: number
  readonly end: number
}

function readDigits(header: string, from: number, limit: number): Digits {
  let start = from
  while (start < limit && header.charCodeAt(start) === ZERO) start++
  let end = start
  while (end < limit && isDigit(header.charCodeAt(end))) end++
  const value = end - start > SAFE_DIGITS ? Infinity : Number(header.slice(start, end))
  return { value, count: end - from, start, end }
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= ZERO + 9
}

/** Compares as text if a double cannot hold the numbers: `BigInt` takes quadratic time to parse them. */
function isGreater(header: string, a: Digits, b: Digits): boolean {
  if (Number.isSafeInteger(b.value)) return a.value > b.value
  const [aLength, bLength] = [a.end - a.start, b.end - b.start]
  if (aLength !== bLength) return aLength > bLength
  return header.slice(a.start, a.end) > header.slice(b.start, b.end)
}

/** Joins ranges that overlap or nearly touch. A joined range takes the place of the first one that was requested. */
function coalesce(ranges: readonly ByteRange[]): readonly ByteRange[] {
  if (ranges.length < 2) return ranges
  const byStart = ranges
    .map(({ first, last }, order) => ({ first, last, order }))
    .sort((a, b) => a.first - b.first)
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
