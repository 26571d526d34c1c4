/**
 * The terms of a link: what it allows besides one track until one time. `name.value` pairs, joined by `.`, with ascending
 * names: `iat.1609455600.jti.Zk3x9QwT.ses.14400.sub.u42`. Pure grammar, with one spelling for each value, because the
 * signature covers the text. `.` is the only separator, as every URL encoder leaves it alone.
 */
import { readTerm, TERMS, type TermName } from './term-values'

/** What a link allows, under the names of the signer's options. A term that a link does not have is absent. */
export interface LinkTerms {
  /** `iat`: when it was signed, in seconds since the epoch. */
  readonly signedAt?: number
  /** `jti`: the name of the link. */
  readonly linkId?: string
  /** `sub`: a pseudonym of the person for whom it was signed. */
  readonly listener?: string
  /** `nbf`: the first second, since the epoch, at which it is valid. */
  readonly notBefore?: number
  /** `ses`: seconds after the expiry for which a listener who began in time may continue. */
  readonly playFor?: number
  /** `uses`: how many listeners may begin. */
  readonly uses?: number
  /** `streams`: how many may listen at a time, of one `listener`, or of the link if it names none. */
  readonly streams?: number
  /** `as`: the name under which a client saves the track. */
  readonly downloadName?: string
  /** `id`: the tracks that it opens. */
  readonly tracks?: readonly string[]
  /** `pre`: it opens all tracks whose id begins with this. */
  readonly prefix?: string
  /** `in`: it opens the tracks of a set that the app knows. */
  readonly set?: string
  /** `ip4` and `ip6`: how the address of the client begins. */
  readonly network?: LinkNetwork
  /** `kid`: the name of the secret that signed it. */
  readonly keyId?: string
}

/** Lower-case hexadecimal digits of the first bytes of an address; with both, either suffices. */
export interface LinkNetwork {
  /** 6 or 8 digits. */
  readonly ip4?: string
  /** 12, 14 or 16 digits. */
  readonly ip6?: string
}

/** Code points. Mail programs break longer lines. */
export const MAX_TERMS_LENGTH = 512

const NAME = /^[a-z][a-z\d]{0,7}$/
const VALUE = /^[\p{Alphabetic}\p{M}\p{N}_-]+$/u

export type ParsedTerms =
  | {
      readonly kind: 'terms'
      readonly terms: LinkTerms
      /** The first name that this version does not know: such a link must be refused. */
      readonly unknown: string | undefined
    }
  | { readonly kind: 'malformed' }

const MALFORMED: ParsedTerms = Object.freeze({ kind: 'malformed' })

/** @param text decoded, as it was signed */
export function parseTerms(text: string): ParsedTerms {
  if (isTooLong(text)) return MALFORMED
  const parts = text.split('.')
  if (parts.length % 2 !== 0) return MALFORMED
  const terms: MutableTerms = {}
  let unknown: string | undefined
  let former = ''
  for (let at = 0; at < parts.length; at += 2) {
    const name = parts[at] ?? ''
    const value = parts[at + 1] ?? ''
    if (!NAME.test(name) || !VALUE.test(value)) return MALFORMED
    if (name < former || (name === former && name !== 'id')) return MALFORMED
    former = name
    if (!isKnown(name)) unknown ??= name
    else if (!take(terms, name, value)) return MALFORMED
  }
  if (terms.uses !== undefined && terms.linkId === undefined) return MALFORMED
  return { kind: 'terms', terms, unknown }
}

/** @returns undefined for no terms at all */
export function formatTerms(terms: LinkTerms): string | undefined {
  const pairs = TERMS.flatMap(({ name, write }) => write(terms).map(value => `${name}.${value}`))
  return pairs.length === 0 ? undefined : pairs.join('.')
}

export function isTooLong(terms: string): boolean {
  return terms.length > MAX_TERMS_LENGTH && Array.from(terms).length > MAX_TERMS_LENGTH
}

/** Whether the link opens more than the track of its path. */
export function opensSeveral({ tracks, prefix, set }: LinkTerms): boolean {
  return tracks !== undefined || prefix !== undefined || set !== undefined
}

export type MutableTerms = { -readonly [Field in keyof LinkTerms]: LinkTerms[Field] }

const names: ReadonlySet<string> = new Set(TERMS.map(({ name }) => name))

function isKnown(name: string): name is TermName {
  return names.has(name)
}

/** @returns whether `value` is in the grammar of its term */
function take(terms: MutableTerms, name: TermName, value: string): boolean {
  const read = readTerm(name, value, terms)
  if (read === undefined) return false
  Object.assign(terms, read)
  return true
}
