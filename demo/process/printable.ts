/** Text that a log or a terminal shows as it is: what controls either, or changes how text reads, is escaped. */

/** Control and format characters (U+009B, U+202E), separators of lines, and halves of a pair. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** A line of a stack trace. */
const STACK_FRAME = /\n(?= {4}at )/

export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, escapeUnits)
}

/** The lines of a stack trace stay lines; those of the message, which a client may have chosen, do not. */
export function escapeStack(stack: string): string {
  return stack.split(STACK_FRAME).map(escapeUnprintable).join('\n')
}

/** A copy of what JSON can hold, with every text in it escaped, keys too. */
export function escapeValue(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return key === 'stack' ? escapeStack(value) : escapeUnprintable(value)
  if (Array.isArray(value)) return value.map(item => escapeValue(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [escapeUnprintable(name), escapeValue(item, name)]),
  )
}

/** In JSON, which escapes the first 32 by itself, and so in each reader of it. */
function escapeUnits(characters: string): string {
  return Array.from(
    { length: characters.length },
    (_, index) => `\\u${characters.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')
}
