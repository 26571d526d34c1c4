/** A finding: one statement about a link. */
import { toPrintable } from '../../http/printable'

export type FindingKind =
  // how the link was changed after signing
  | 'too-long'
  | 'surrounded'
  | 'white-space'
  | 'quoted-printable'
  | 'html-escaped'
  | 'backslashes'
  | 'percent-encoded'
  | 'separator'
  | 'parameter-name'
  | 'parameter-repeated'
  | 'parameter-bracketed'
  | 'parameter-missing'
  | 'parameters-swapped'
  | 'trailing-text'
  // the parts of the link
  | 'sig-case'
  | 'sig-length'
  | 'sig-base64'
  | 'sig-prefix'
  | 'sig-not-hex'
  | 'expires-not-seconds'
  | 'expires-milliseconds'
  | 'expires-duration'
  | 'id-not-allowed'
  | 'id-extension'
  | 'id-encoding'
  | 'id-case'
  | 'id-unicode-form'
  | 'id-path'
  | 'path'
  | 'extension'
  | 'terms-empty'
  | 'terms-malformed'
  | 'term-unknown'
  // what was signed, and how it was signed
  | 'terms-not-signed'
  | 'terms-added'
  | 'terms-signed-text'
  | 'terms-parameters'
  | 'signed-text'
  | 'signed-hash'
  | 'secret-differs'
  | 'key'
  | 'no-match'
  // what it allows
  | 'allows'
  | 'signed'
  | 'scope'
  | 'network'
  | 'unchecked'
  | 'remedy'
  // time
  | 'early'
  | 'expired'
  | 'session'
  | 'good-until'
  | 'lifetime'

export interface Finding {
  readonly kind: FindingKind
  /** In plain English. Contains neither a secret nor a signature. */
  readonly text: string
}

/** A value that may have been signed. If it was, `finding` names the mistake; the value without a mistake has none. */
export interface Choice<T> {
  readonly value: T
  readonly finding?: Finding
  /** How many mistakes it counts as in the search; 1 by default. */
  readonly mistakes?: number
}

const MAX_QUOTED = 140

/**
 * Part of a link in quotes, safe to print: unprintable characters are escaped, everything from the first `?`, `&` or
 * `=` is left out, because a signature may follow, and of a long hexadecimal number only 8 digits are shown.
 */
export function quote(text: string): string {
  const [start = ''] = text.split(/[?&=]|%3f|%26|%3d/i, 1)
  const cut = start.length < text.length || start.length > MAX_QUOTED ? '…' : ''
  const safe = toPrintable(start.replace(/([0-9a-f]{8})[0-9a-f]{24,}/gi, '$1…').slice(0, MAX_QUOTED))
  return `"${safe}${cut}"`
}
