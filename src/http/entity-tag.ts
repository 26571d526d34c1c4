/**
 * Entity tags (RFC 9110, section 8.8.3) as text, as they are on the wire: `"…"` is strong, `W/"…"` is weak. A client
 * may list thousands of them, so they are compared in place, without a copy of each.
 */
import { skipWhiteSpace } from './list'

/** A strong comparison never matches a weak tag; a weak one ignores the `W/` (section 8.8.3.2). */
export type Comparison = 'strong' | 'weak'

const QUOTE = 0x22
const COMMA = 0x2c

/**
 * Whether `If-Match` or `If-None-Match` matches: the field is `*`, or one member is `etag`. A malformed member matches
 * nothing. After a quote that is never closed nothing matches, because the end of each member is unknown.
 *
 * @param header the value of the field
 * @param etag of the current representation
 */
export function matchesTagList(header: string, etag: string, comparison: Comparison): boolean {
  let at = skipWhiteSpace(header, 0)
  if (header.charAt(at) === '*' && skipWhiteSpace(header, at + 1) === header.length) return true
  if (comparison === 'strong' && isWeak(etag)) return false

  const opaque = removeWeakMark(etag)
  while (at < header.length) {
    at = skipWhiteSpace(header, at)
    const tag = header.startsWith('W/', at) && comparison === 'weak' ? at + 2 : at
    if (header.startsWith(opaque, tag) && isMemberEnd(header, tag + opaque.length)) return true
    at = findNextMember(header, at)
  }
  return false
}

/** Whether both tags have the same octets and neither is weak (section 8.8.3.2). */
export function matchesStrongly(a: string, b: string): boolean {
  return a === b && !isWeak(a)
}

/**
 * Whether `text` can be the entity tag of a track: strong, not empty, and of visible ASCII. Tags with other octets are
 * legal, but clients and proxies send them back in other encodings.
 */
export function isStrongTag(text: string): boolean {
  return STRONG_TAG.test(text)
}

const STRONG_TAG = /^"[\x21\x23-\x7e]+"$/

/** Whether `text` begins like an entity tag, and therefore is not a date. */
export function isEntityTag(text: string): boolean {
  return text.startsWith('"') || text.startsWith('W/"')
}

function isMemberEnd(header: string, at: number): boolean {
  const end = skipWhiteSpace(header, at)
  return end === header.length || header.charCodeAt(end) === COMMA
}

/** The position after the next comma outside quotes, or the end of the field. */
function findNextMember(header: string, start: number): number {
  let at = start
  while (at < header.length) {
    const code = header.charCodeAt(at)
    if (code === COMMA) return at + 1
    if (code === QUOTE) {
      at = header.indexOf('"', at + 1)
      if (at === -1) return header.length
    }
    at++
  }
  return header.length
}

function isWeak(tag: string): boolean {
  return tag.startsWith('W/')
}

function removeWeakMark(tag: string): string {
  return isWeak(tag) ? tag.slice(2) : tag
}
