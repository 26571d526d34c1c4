/** Which part of an object a response holds: its bytes count as the requested ones only if the store says so. */
import type { ByteRange } from '../../http/byte-range'
import type { WantedRange } from '../track-source'
import type { StoreContent } from './store'

export interface Part extends ByteRange {
  /** Bytes of the whole object. */
  readonly size: number
}

/** A whole object of at most so many bytes is accepted in place of a range: it costs no more than the range. */
const SMALL_OBJECT = 256 * 1024

/** Digits of the largest safe integer. */
const CONTENT_RANGE = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/

/** The value of `Range`; a negative `first` requests so many bytes at the end. */
export function formatRange({ first, last }: WantedRange): string {
  return first < 0 ? `bytes=${first}` : `bytes=${first}-${last ?? ''}`
}

/**
 * The part that a response with 200 or 206 holds. That of an empty object is 0 to -1.
 *
 * @param requested undefined for HEAD
 * @returns the words of an error if it is another part than the requested one
 */
export function findPart(content: StoreContent, requested: WantedRange | undefined): Part | string {
  if (content.isPartial)
    return requested === undefined ? 'It responded to HEAD with 206' : findRange(content, requested)
  const size = content.contentLength
  if (size === undefined || !Number.isSafeInteger(size))
    return 'It does not say how many bytes the object has'
  if (requested !== undefined && size > SMALL_OBJECT) {
    return `It ignores Range: it responded with 200 with all ${size} bytes in place of 206`
  }
  return { first: 0, last: size - 1, size }
}

function findRange({ contentRange = '' }: StoreContent, requested: WantedRange): Part | string {
  const [first = NaN, last = NaN, size = NaN] = (CONTENT_RANGE.exec(contentRange) ?? []).slice(1).map(Number)
  if (!Number.isSafeInteger(size) || first > last || last >= size) {
    return `Its 206 has the Content-Range ${JSON.stringify(contentRange.slice(0, 64))}`
  }
  const end = size - 1
  const isRequested =
    requested.first < 0
      ? first === Math.max(0, size + requested.first) && last === end
      : first === requested.first && last === Math.min(requested.last ?? end, end)
  return isRequested ? { first, last, size } : `It sent ${contentRange} for ${formatRange(requested)}`
}
