/**
 * What may name a track. The pattern excludes paths (`.`, `/`, `\`, NUL) and the `|` that separates id and expiry in
 * the signed text, so the string that is signed is the string that is opened.
 */

/** Characters, not bytes: a database of titles needs no shorter names. */
export const MAX_TRACK_ID_LENGTH = 512

/**
 * Letters, marks and digits of any script, `_` and `-`. Marks are the vowel signs of Hindi, Thai or Tamil and the
 * accents of decomposed text (NFD); without them most words of those scripts could not name a track.
 */
const TRACK_ID = new RegExp(`^[\\p{Alphabetic}\\p{M}\\p{N}_-]{1,${MAX_TRACK_ID_LENGTH}}$`, 'u')

/** The rule in words, as they complete "id must be …". */
export const TRACK_ID_RULE = `1 to ${MAX_TRACK_ID_LENGTH} letters, marks, digits, "_" or "-"`

/** Whether `value` may name a track: letters, marks and digits of any script, `_` and `-`, 1 to 512 characters. */
export function isTrackId(value: unknown): value is string {
  // A character outside the basic plane has two code units.
  return typeof value === 'string' && value.length <= 2 * MAX_TRACK_ID_LENGTH && TRACK_ID.test(value)
}
