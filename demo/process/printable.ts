/**
 * Escapes what controls a log or a terminal, or changes how a line reads. The package escapes the texts of its own
 * events, but exports no function for that; and here whole lines are escaped, with JSON and stack traces in them.
 */

/** Control and format characters (U+009B, U+202E), line separators, and unpaired surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** The line feed before a line of a stack trace. */
const STACK_FRAME = /\n(?= {4}at )/

/** Much faster to look for, and most lines have nothing else. */
const OTHER_THAN_ASCII = /[^\x20-\x7e]/

export function escapeUnprintable(text: string): string {
  return OTHER_THAN_ASCII.test(text) ? text.replace(UNPRINTABLE, escapeUnits) : text
}

/** Keeps the line feeds between the frames of a stack trace. Those of the message, which may be a client's, are escaped. */
export function escapeStack(stack: string): string {
  return stack.split(STACK_FRAME).map(escapeUnprintable).join('\n')
}

/** A copy of a JSON value in which every text is escaped, including names. */
export function escapeValue(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return key === 'stack' ? escapeStack(value) : escapeUnprintable(value)
  if (Array.isArray(value)) return value.map(item => escapeValue(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [escapeUnprintable(name), escapeValue(item, name)]),
  )
}

/** As JSON does for the first 32 characters, so that a parser of a JSON line gets the original text. */
function escapeUnits(characters: string): string {
  return Array.from(
    { length: characters.length },
    (_, index) => `\\u${characters.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')
}
