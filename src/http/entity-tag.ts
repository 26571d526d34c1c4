/**
 * Entity tags (RFC 9110, section 8.8.3), kept as their text on the wire: `"…"` strong, `W/"…"` weak. A client may list
 * thousands of them: they are compared where they stand, and nothing is kept of those that do not match.
 */
import { skipWhiteSpace } from './list'

/** How tags are compared: strongly, or as if none were marked weak (section 8.8.3.2). */
export type Comparison = 'strong' | 'weak'

const QUOTE = 0x22
const COMMA = 0x2c

/**
 * Whether `If-Match` or `If-None-Match` matches: it is `*`, or one member is `etag`. A member that is no tag matches
 * nothing, and neither does what follows a quote that is never closed: no one can tell where its members end.
 *
 * @param header the text of the field
 * @param etag of the current representation
 */
export function matchesTagList(header: string, etag: string, comparison: Comparison): boolean {
  let at = skipWhiteSpace(header, 0)
  if (header.charAt(at) === '*' && skipWhiteSpace(header, at + 1) === header.length) return true
  if (comparison === 'strong' && isWeak(etag)) return false

  const opaque = opaqueOf(etag)
  while (at < header.length) {
    at = skipWhiteSpace(header, at)
    const tag = header.startsWith('W/', at) && comparison === 'weak' ? at + 2 : at
    if (header.startsWith(opaque, tag) && isMemberEnd(header, tag + opaque.length)) return true
    at = nextMember(header, at)
  }
  return false
}

/** Same octets and neither weak (section 8.8.3.2). */
export function matchesStrongly(a: string, b: string): boolean {
  return a === b && !isWeak(a)
}

/** Whether `text` begins as an entity tag does, and so is no date. */
export function isEntityTag(text: string): boolean {
  return text.startsWith('"') || text.startsWith('W/"')
}

function isMemberEnd(header: string, at: number): boolean {
  const end = skipWhiteSpace(header, at)
  return end === header.length || header.charCodeAt(end) === COMMA
}

/** The position after the next comma that stands in no quotes; the end when there is none. */
function nextMember(header: string, start: number): number {
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

function opaqueOf(tag: string): string {
  return isWeak(tag) ? tag.slice(2) : tag
}
