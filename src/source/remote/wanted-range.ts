/** The bytes that a storage reads along with the description, so that a seek costs one round trip. */
import type { WantedRange } from '../track-source'

/** Blocks begin at multiples of it, and all that is kept in memory are blocks. */
export const BLOCK_BYTES = 256 * 1024

/** The first member of a `Range`; whether it can be satisfied is decided when the size is known. Numbers of 15 digits are safe. */
const FIRST_MEMBER = /^bytes=[\t ,]*(\d{0,15})-(\d{0,15})(?!\d)/i

/** For a description alone: a request for no byte cannot be made. */
export const ONE_BYTE: WantedRange = { first: 0, last: 0 }

const START: WantedRange = { first: 0, last: BLOCK_BYTES - 1 }

/**
 * The block of the first byte that `range` requests, and the next one if the range goes on. The first block for what
 * cannot be said without the size.
 */
export function wantedRange(range: string | undefined): WantedRange {
  const [, from = '', to = ''] = (range === undefined ? undefined : FIRST_MEMBER.exec(range)) ?? []
  if (from !== '') {
    const first = Math.floor(Number(from) / BLOCK_BYTES) * BLOCK_BYTES
    const isShort = to !== '' && Number(to) < first + BLOCK_BYTES
    return { first, last: first + (isShort ? 1 : 2) * BLOCK_BYTES - 1 }
  }
  // Twice as much holds the whole last block, wherever it begins.
  const isShortEnd = to !== '' && Number(to) > 0 && Number(to) <= BLOCK_BYTES
  return isShortEnd ? { first: -2 * BLOCK_BYTES } : START
}

/** The same, no longer than `bytes`. */
export function shorten(want: WantedRange, bytes: number): WantedRange {
  const { first, last } = want
  if (first < 0) return -first > bytes ? START : want
  return last !== undefined && last - first >= bytes ? { first, last: first + bytes - 1 } : want
}

export function bytesWanted({ first, last }: WantedRange): number {
  return last === undefined || first < 0 ? Math.abs(first) : last - first + 1
}
