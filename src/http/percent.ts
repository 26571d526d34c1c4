/** Percent-decoding (RFC 3986, section 2.1) of text that a client sends. */

/** `text` decoded; undefined if it is not the encoding of UTF-8. */
export function decodePercent(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
