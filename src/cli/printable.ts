/**
 * Text made safe to print. A terminal obeys control characters (U+009B opens a sequence as ESC [ does), and format
 * characters such as U+202E or U+200B show another text than the one that is there: each is printed as an escape.
 */

/** Controls, format characters, lone surrogates, unassigned and invisible ones, and all white space but the space. */
const UNPRINTABLE = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu

/** One line: a line break inside `text` is escaped too, so that no argument can forge a line of output. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, character => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`)
}

/** The same value in JSON: `JSON.stringify` escapes the C0 controls and lone surrogates only. */
export function printableJson(value: object): string {
  return JSON.stringify(value).replace(UNPRINTABLE, character =>
    Array.from({ length: character.length }, (_, index) => escapedUnit(character.charCodeAt(index))).join(''),
  )
}

function escapedUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}
