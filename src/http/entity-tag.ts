/** Entity tags (RFC 9110, section 8.8.3), kept as their text on the wire: `"…"` strong, `W/"…"` weak. */

/** What `If-Match` and `If-None-Match` hold. */
export type EntityTagCondition =
  { readonly kind: 'any' } | { readonly kind: 'list'; readonly tags: readonly string[] }

/** A whole member between commas that are not inside a tag. */
const MEMBER = /(?:^|,)[ \t]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)/g

/** Members that are no tags match nothing; empty ones are legal (section 5.6.1.2). */
export function parseEntityTags(header: string): EntityTagCondition {
  if (header.trim() === '*') return { kind: 'any' }
  return { kind: 'list', tags: Array.from(header.matchAll(MEMBER), ([, tag = '']) => tag) }
}

/** Same octets and neither weak (section 8.8.3.2). */
export function matchesStrongly(a: string, b: string): boolean {
  return a === b && !isWeak(a)
}

/** Same octets, weak or not (section 8.8.3.2). */
export function matchesWeakly(a: string, b: string): boolean {
  return opaque(a) === opaque(b)
}

/** Whether `text` is one entity tag, rather than a date. */
export function isEntityTag(text: string): boolean {
  return /^(?:W\/)?"/.test(text)
}

function isWeak(tag: string): boolean {
  return tag.startsWith('W/')
}

function opaque(tag: string): string {
  return isWeak(tag) ? tag.slice(2) : tag
}
