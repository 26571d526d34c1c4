/**
 * Escapes text of clients before it reaches a log or a terminal. A terminal obeys control characters (U+009B starts a
 * sequence as ESC [ does), a line break forges a line of a log, and an invisible character such as U+202E or U+200B
 * makes the text look like another one.
 */

/** Controls, format characters, lone surrogates, private and unassigned ones, and all white space except the space. */
export const UNPRINTABLE = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u

/** Nearly all text is such, and the other test takes several times as long. */
const ASCII_ALONE = /^[ -~]*$/

/**
 * `text` with each unprintable character as an escape such as `\u{9b}`, in at most `maxLength` UTF-16 code units.
 * It never ends within an escape or a character.
 */
export function toPrintable(text: string, maxLength = Infinity): string {
  const start = text.slice(0, maxLength)
  if (ASCII_ALONE.test(start) || !UNPRINTABLE.test(start)) return start
  let escaped = ''
  // A character of which `slice` took one half is unprintable, and its escape is longer than what is left of `maxLength`.
  for (const character of start) {
    const code = character.codePointAt(0) ?? 0
    const piece = UNPRINTABLE.test(character) ? `\\u{${code.toString(16)}}` : character
    if (escaped.length + piece.length > maxLength) break
    escaped += piece
  }
  return escaped
}
