/** Origins as browsers and web views send them in `Origin` (RFC 6454, section 6.2). */

/** Origins of web views and extensions: `URL` gives `null` as the origin of such schemes. */
const OTHER_ORIGIN = /^(?!(?:https?|wss?|ftp|file|null):)[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(?::[0-9]{1,5})?$/

/** Whether `text` is exactly what a browser sends: an entry with a path, even only `/`, would never match. */
export function isOrigin(text: string): boolean {
  if (OTHER_ORIGIN.test(text)) return true
  return /^https?:/.test(text) && !text.includes('*') && URL.canParse(text) && new URL(text).origin === text
}

/** What to write in place of `text`, which is not an origin. */
export function remedyForOrigin(text: string): string {
  if (text === '') return 'take the comma away'
  if (text === 'null') {
    return 'every sandboxed frame and local file sends it, so it identifies no site; give that page an origin of its own'
  }
  if (text.includes('*')) return 'a wildcard stands only alone, as *; list each origin'
  const [, scheme = 'https', rest = text] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text) ?? []
  const shorter = `${scheme}://${rest.split(/[/?#]/, 1).join('')}`.toLowerCase()
  const candidate = /^https?:/.test(shorter) && URL.canParse(shorter) ? new URL(shorter).origin : shorter
  return isOrigin(candidate) ? `write ${candidate}` : 'write scheme, host and port as the browser sends them'
}
