/**
 * Takes out of a URL what makes a link work, for logs. It does not parse the text: an access log holds
 * what clients send, which need not be a URL, and may hold one link within another.
 */

/** Digits of a signature that logs and events show: enough to tell attempts apart. Of 64, they leave 224 bits to guess. */
export const SHOWN_SIGNATURE = 8

/** At most this part of a value is shown, so that a short one is not. */
const SHOWN_PART = 8

/** A link within the query of another URL is encoded once more, and so is the sign of each escape. */
const PERCENT = '%(?:25){0,4}'

const EQUALS = `(?:=|${PERCENT}3d)`

const SIG = `(?:s|${PERCENT}[57]3)(?:i|${PERCENT}[46]9)(?:g|${PERCENT}[46]7)`

/** Our own, and those of stores, whose links a client gets if a store sends the bytes. */
const NAME = `(?:${SIG}|(?:x-(?:amz|goog)-)?signature)`

/** What another parser turns into a list or an object: `sig[]`, `sig[0]`. */
const BRACKETS = `(?:(?:\\[|${PERCENT}5b)\\w{0,8}(?:\\]|${PERCENT}5d))?`

/** The name is not the end of another one, such as `design=`: before it stands a sign, perhaps encoded, also as in JSON. */
const BEGIN = `(?:(?<![\\w.~-])|(?<=${PERCENT}(?:2[0-9a-f]|3[a-f]|5b|7b))|(?<=\\\\(?:u00|x)(?:26|3f)))`

/** By mistake, a value may stand in quotes. */
const QUOTE = `(?:["'<]|${PERCENT}2[27])?`

/** Hexadecimal digits or base64, as text or encoded. An encoded `&`, `#`, quote or space ends the value of a link within. */
const VALUE = `(?:(?!${PERCENT}2[02367])[\\w.~%+/=-])+`

const SIGNATURES = new RegExp(`${BEGIN}(${NAME}${BRACKETS}${EQUALS}${QUOTE})(${VALUE})`, 'gi')

/**
 * Redacts a link for a log: the value of `sig`, however it is encoded, becomes its first 8 digits and `...`, as the log of
 * this package shows it. So the line still identifies the link, but opens nothing. The signature of a link of a
 * store (`X-Amz-Signature` and the like) is redacted too. Everything else stays the same, byte for byte.
 *
 * @param url a URL, a path with a query, a header field such as `Referer`, or a whole line of a log; any other text too
 * @returns the same text without signatures that work; it never throws
 * @example
 * redactLink('/stream/track1?expires=1609459200&sig=48b8dbc12a7422917d6016e43d021bd26f40a0cceea290481f5b9a714716719d')
 * // '/stream/track1?expires=1609459200&sig=48b8dbc1...'
 */
export function redactLink(url: string | URL): string {
  return String(url).replace(SIGNATURES, (_all, name: string, value: string) => `${name}${redact(value)}`)
}

/** As it is made here: a line may pass through several loggers. */
const REDACTED = /^[0-9a-z]{0,8}\.{3}$/i

/** The begin of `value` if that is of plain letters and digits: half an escape would be none. */
function redact(value: string): string {
  if (REDACTED.test(value)) return value
  const length = Math.min(SHOWN_SIGNATURE, Math.floor(value.length / SHOWN_PART))
  const start = value.slice(0, length)
  return /^[0-9a-z]*$/i.test(start) ? `${start}...` : '...'
}
