/** JSON that is safe on a terminal: `JSON.stringify` escapes only U+0000 to U+001F and lone surrogates. */
import { UNPRINTABLE } from '../http/printable'

const ALL_UNPRINTABLE = new RegExp(UNPRINTABLE, 'gu')

/** `value` as JSON, in which each unprintable character is an escape such as `\u009b`. It parses to the same value. */
export function toPrintableJson(value: object): string {
  return JSON.stringify(value).replace(ALL_UNPRINTABLE, character =>
    // `split` separates the two halves of a surrogate pair, because each has its own escape in JSON.
    character.split('').map(escapeUnit).join(''),
  )
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
