/** Text of clients, made fit for logs and terminals: a control or format character there moves what others read. */

/** Controls, invisible format characters such as U+202E, which turns text around, line separators, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

/**
 * `text` with each of them as an escape such as `\u{9b}`, and cut off to `maxLength` UTF-16 code units. Neither an
 * escape nor a character is ever cut in two.
 */
export function printable(text: string, maxLength: number): string {
  const start = text.slice(0, maxLength)
  if (!UNPRINTABLE.test(start)) return start
  let shown = ''
  // From the text itself, as `start` may end between two surrogates.
  for (let at = 0; at < start.length;) {
    const code = text.codePointAt(at) ?? 0
    const character = String.fromCodePoint(code)
    const piece = UNPRINTABLE.test(character) ? `\\u{${code.toString(16)}}` : character
    if (shown.length + piece.length > maxLength) break
    shown += piece
    at += character.length
  }
  return shown
}
