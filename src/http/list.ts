/** Lists in the fields and queries that clients send: how long one is, and where a member ends (RFC 9110, section 5.6). */

const TAB = 0x09
const SPACE = 0x20

/** Whether `separator` occurs more than `limit` times in `text`; looks no further than the one that decides it. */
export function countsMoreThan(text: string, separator: string, limit: number): boolean {
  let at = -1
  for (let count = 0; count <= limit; count++) {
    at = text.indexOf(separator, at + 1)
    if (at === -1) return false
  }
  return true
}

/** The first position from `start` on that holds neither space nor tab, the only optional white space (section 5.6.3). */
export function skipWhiteSpace(text: string, start: number, end = text.length): number {
  let at = start
  while (at < end && isWhiteSpace(text.charCodeAt(at))) at++
  return at
}

/** `text` without the white space around it. `trim` would take more than spaces and tabs away. */
export function trimWhiteSpace(text: string): string {
  const start = skipWhiteSpace(text, 0)
  let end = text.length
  while (end > start && isWhiteSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isWhiteSpace(code: number): boolean {
  return code === SPACE || code === TAB
}
