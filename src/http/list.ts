/** Comma-separated lists in fields (RFC 9110, section 5.6) and parameter lists in queries, read without splitting them. */

const TAB = 0x09
const SPACE = 0x20

/** Whether `separator` occurs more than `limit` times in `text`. Stops at the first occurrence above the limit. */
export function countsMoreThan(text: string, separator: string, limit: number): boolean {
  let at = -1
  for (let count = 0; count <= limit; count++) {
    at = text.indexOf(separator, at + 1)
    if (at === -1) return false
  }
  return true
}

/** The first position from `start` that is neither a space nor a tab, the only optional white space (section 5.6.3). */
export function skipWhiteSpace(text: string, start: number, end = text.length): number {
  let at = start
  while (at < end && isWhiteSpace(text.charCodeAt(at))) at++
  return at
}

/** `text` without spaces and tabs around it. `trim` would remove other white space too, such as U+00A0. */
export function trimWhiteSpace(text: string): string {
  const start = skipWhiteSpace(text, 0)
  let end = text.length
  while (end > start && isWhiteSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isWhiteSpace(code: number): boolean {
  return code === SPACE || code === TAB
}
