/** One thing that is to be said about a link. */
import { printable } from '../printable'

export type FindingKind =
  // the link on its way
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
  // its parts
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
  // what was signed, and how
  | 'signed-text'
  | 'signed-hash'
  | 'secret-differs'
  | 'key'
  | 'no-match'
  // time
  | 'expired'
  | 'good-until'
  | 'lifetime'

export interface Finding {
  readonly kind: FindingKind
  /** Plain words. Holds no secret, and nothing of a signature. */
  readonly text: string
}

/** A value that may be what was meant or signed, and what it tells of a mistake if it was; the plain one tells nothing. */
export interface Choice<T> {
  readonly value: T
  readonly finding?: Finding
  /** How unlikely it is, in mistakes; 1 unless told. */
  readonly mistakes?: number
}

const SHOWN = 140

/**
 * Text of a link, made safe to print: no control characters, which terminals obey, nothing from the first mark of a
 * query on, behind which the signature may stand, and 8 of the digits of what looks like one.
 */
export function shown(text: string): string {
  const [start = ''] = text.split(/[?&=]|%3f|%26|%3d/i, 1)
  const cut = start.length < text.length || start.length > SHOWN ? '…' : ''
  const safe = printable(start.replace(/([0-9a-f]{8})[0-9a-f]{24,}/gi, '$1…').slice(0, SHOWN))
  return `"${safe}${cut}"`
}
