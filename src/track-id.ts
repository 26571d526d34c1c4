/**
 * What may name a track. The pattern leaves no room for a path (`.`, `/`, `\`, NUL) nor for the `|` that separates
 * id and expiry in the signed text, so that the string signed is the string opened.
 */

/** Letters and digits of any script (Rust's `char::is_alphanumeric`), `_` and `-`; 1 to 128 characters. */
const TRACK_ID = /^[\p{Alphabetic}\p{N}_-]{1,128}$/u

/** Whether `value` may name a track. */
export function isTrackId(value: unknown): value is string {
  return typeof value === 'string' && TRACK_ID.test(value)
}
