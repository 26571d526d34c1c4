/** Entity tags (RFC 9110, section 8.8.3), kept as their text on the wire: `"…"` strong, `W/"…"` weak. */

/** What `If-Match` and `If-None-Match` hold. */
export type EntityTagCondition =
  { readonly kind: 'any' } | { readonly kind: 'list'; readonly tags: readonly string[] }

/** One member, up to a comma that is not inside quotes: a tag, or what is none, which may be empty (section 5.6.1.2). */
const MEMBER = /(?:[ \t]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*|(?:"[^"]*"|[^",])*)(?:,|$)/gy

/** Members that are no tags match nothing. */
export function parseEntityTags(header: string): EntityTagCondition {
  if (header.trim() === '*') return { kind: 'any' }
  const members = Array.from(header.matchAll(MEMBER), ([, tag]) => tag)
  return { kind: 'list', tags: members.filter(tag => tag !== undefined) }
}

/** Same octets and neither weak (section 8.8.3.2). */
export function matchesStrongly(a: string, b: string): boolean {
  return a === b && !isWeak(a)
}

/** Same octets, weak or not (section 8.8.3.2). */
export function matchesWeakly(a: string, b: string): boolean {
  return opaque(a) === opaque(b)
}

/** Whether `text` begins as an entity tag does, and so is no date. */
export function isEntityTag(text: string): boolean {
  return /^(?:W\/)?"/.test(text)
}

function isWeak(tag: string): boolean {
  return tag.startsWith('W/')
}

function opaque(tag: string): string {
  return isWeak(tag) ? tag.slice(2) : tag
}
