/**
 * Reads `expires`, `terms` and `sig` from the raw query. An app's `query parser` may turn a repeated or bracketed parameter
 * into an array or an object, which `String()` and `Number()` then turn into a valid value; so no parser is used. A
 * client needs no link to send a query, so pairs are counted first, and only values that may be valid are decoded.
 */
import { Buffer } from 'node:buffer'
import { countsMoreThan } from '../http/list'
import { ReservedParameter, spellName } from './reserved-parameter'
import { isTooLong, MAX_TERMS_LENGTH } from './terms'

/** What the query claims. The texts are for logs: as the client sent them, not to be trusted. */
export type LinkClaim =
  | { readonly kind: 'claim'; readonly expires: number; readonly mac: Uint8Array; readonly texts: ClaimTexts }
  | { readonly kind: 'missing'; readonly texts: PresentedTexts }
  | { readonly kind: 'malformed'; readonly texts: PresentedTexts }

export interface PresentedTexts {
  readonly expires: string | undefined
  readonly sig: string | undefined
}

/** The texts of a claim, each in its canonical form. */
export interface ClaimTexts extends PresentedTexts {
  readonly expires: string
  /** Decoded; undefined for a link without terms. */
  readonly terms: string | undefined
  readonly sig: string
}

/** One canonical form for each number and MAC: `Number` and `Buffer.from(…, 'hex')` accept many. */
export const EXPIRES_PATTERN = '(?:0|[1-9][0-9]{0,15})'
const SIG_PATTERN = '[0-9a-f]{64}'
const EXPIRES = new RegExp(`^${EXPIRES_PATTERN}$`)
const SIG = new RegExp(`^${SIG_PATTERN}$`)
const EXPIRES_DIGITS = 16
const SIG_DIGITS = 64

/** A whole query as signers write it. Most are, and those need no parser. */
const AS_SIGNED = new RegExp(`^expires=(${EXPIRES_PATTERN})(?:&terms=([\\w.-]+))?&sig=(${SIG_PATTERN})$`)

/** Characters of the longest query that holds a claim in its canonical form, and nothing else. */
export const LONGEST_AS_SIGNED =
  'expires='.length + EXPIRES_DIGITS + '&terms='.length + MAX_TERMS_LENGTH + '&sig='.length + SIG_DIGITS

/** Bytes of UTF-8 of the longest terms: four for each code point. */
const TERMS_BYTES = 4 * MAX_TERMS_LENGTH

/** Common parsers drop what follows the thousandth parameter, so two parsers of one URL could disagree. */
const MAX_PARAMETERS = 1000

const EXPIRES_NAME = spellName('expires')
const TERMS_NAME = spellName('terms')
const SIG_NAME = spellName('sig')

const NO_TEXTS: PresentedTexts = Object.freeze({ expires: undefined, sig: undefined })

/** @param query the text after the first `?`, without it */
export function parseLinkClaim(query: string): LinkClaim {
  const match = query.length <= LONGEST_AS_SIGNED ? AS_SIGNED.exec(query) : null
  const [, seconds, terms, mac] = match ?? []
  if (seconds === undefined || mac === undefined) return parseOddQuery(query)
  return claim(seconds, terms, mac)
}

/** @param expires in its canonical form, as `sig` is; sixteen digits may be more than a number holds exactly */
function claim(expires: string, terms: string | undefined, sig: string): LinkClaim {
  const texts = { expires, terms, sig }
  if (terms !== undefined && isTooLong(terms)) return { kind: 'malformed', texts }
  const seconds = Number(expires)
  if (!Number.isSafeInteger(seconds)) return { kind: 'malformed', texts }
  return { kind: 'claim', expires: seconds, mac: Buffer.from(sig, 'hex'), texts }
}

function parseOddQuery(query: string): LinkClaim {
  if (countsMoreThan(query, '&', MAX_PARAMETERS - 1)) return { kind: 'malformed', texts: NO_TEXTS }
  const expires = new ReservedParameter(EXPIRES_NAME, EXPIRES_DIGITS)
  const terms = new ReservedParameter(TERMS_NAME, TERMS_BYTES)
  const sig = new ReservedParameter(SIG_NAME, SIG_DIGITS)
  for (let start = 0, end = 0; end < query.length; start = end + 1) {
    const ampersand = query.indexOf('&', start)
    end = ampersand === -1 ? query.length : ampersand
    if (!expires.offer(query, start, end) && !sig.offer(query, start, end)) terms.offer(query, start, end)
  }

  const texts = { expires: expires.text, sig: sig.text }
  if (expires.isMissing || sig.isMissing) return { kind: 'missing', texts }
  const isCanonical =
    expires.isSingle && sig.isSingle && EXPIRES.test(String(texts.expires)) && SIG.test(String(texts.sig))
  if (!isCanonical || !(terms.isAbsent || (terms.isSingle && !terms.isMissing))) {
    return { kind: 'malformed', texts }
  }
  return claim(String(texts.expires), terms.text, String(texts.sig))
}
