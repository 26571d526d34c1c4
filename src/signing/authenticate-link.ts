/** Finds out whether a link was signed with one of our secrets, and what it says. Looks at no clock. */
import { timingSafeEqual } from 'node:crypto'
import type { StreamErrorCode } from '../errors'
import { computeMac, SEVERAL_TRACKS } from './canonical'
import type { Keyring } from './keyring'
import { createLinkMemory } from './link-memory'
import { LONGEST_AS_SIGNED, parseLinkClaim, type ClaimTexts, type PresentedTexts } from './query'
import { opensSeveral, parseTerms, type LinkTerms, type ParsedTerms } from './terms'

/** What an authentic link permits. */
export interface Grant extends LinkTerms {
  /** The track that may be read. */
  readonly id: string
  /** The last second, since the epoch, at which the link is valid. */
  readonly expires: number
  /** Which secret of the list signed it; 0 is the first. An old secret can go when no grant names it any more. */
  readonly keyIndex: number
}

/** Why a link is rejected. */
export type SignatureErrorCode = Extract<
  StreamErrorCode,
  `SIGNATURE_${string}` | 'TERM_UNKNOWN' | 'NETWORK_NOT_ALLOWED' | 'LINK_REVOKED'
>

/** A link that was signed with one of the secrets. It may have expired, or be for another track. */
export interface AuthenticLink {
  readonly grant: Grant
  readonly texts: ClaimTexts
  /** By which it can be revoked: its linkId, or else the first 32 digits of its signature. */
  readonly name: string
  /** Of the secret that signed it, if that has a name. */
  readonly keyId: string | undefined
  /** Whether it opens the track of the path; `set` if only the app knows that. */
  readonly scope: 'open' | 'closed' | 'set'
  /** Whether it opens several tracks. */
  readonly isAlbum: boolean
  /** A term that this version does not know. */
  readonly unknownTerm: string | undefined
}

export type Authentication =
  | { readonly kind: 'authentic'; readonly link: AuthenticLink }
  | { readonly kind: 'refused'; readonly code: SignatureErrorCode; readonly texts: PresentedTexts }

/** @param id a valid track id */
export type LinkAuthenticator = (id: string, query: string) => Authentication

/** Digits of a signature that name a link without a name of its own: too few to use it. */
const NAME_DIGITS = 32

/**
 * @param maxRememberedBytes of authentic links that are remembered, so that the MAC of a link is computed once, however
 *   often its listener seeks; besides those, some forged ones are
 * @param seal called once for each link that is remembered
 */
export function createLinkAuthenticator(
  keys: Keyring,
  maxRememberedBytes: number,
  seal: (link: AuthenticLink) => AuthenticLink = link => link,
): LinkAuthenticator {
  const memory = createLinkMemory<Authentication>(maxRememberedBytes)

  function authenticate(id: string, query: string): Authentication {
    const claim = parseLinkClaim(query)
    if (claim.kind === 'missing') return refused('SIGNATURE_MISSING', claim.texts)
    if (claim.kind === 'malformed') return refused('SIGNATURE_MALFORMED', claim.texts)

    const link = linkOf(id, canonicalQuery(claim.texts))
    const remembered = memory.recall(link)
    if (remembered !== undefined) return remembered
    const { ownId, texts } = ownTexts(link, id, claim.texts)
    const parsed = texts.terms === undefined ? NO_TERMS : parseTerms(texts.terms)
    if (parsed.kind === 'malformed') return refused('SIGNATURE_MALFORMED', texts)

    const { terms, unknown } = parsed
    const isAlbum = opensSeveral(terms)
    const keyIndex = findKey(
      keys,
      isAlbum ? SEVERAL_TRACKS : id,
      claim.expires,
      texts.terms,
      claim.mac,
      terms,
    )
    if (keyIndex === undefined) return memory.rememberForged(link, refused('SIGNATURE_INVALID', texts))
    return memory.rememberAuthentic(link, {
      kind: 'authentic',
      link: seal({
        grant: Object.freeze({ id: ownId, expires: claim.expires, keyIndex, ...terms }),
        texts,
        name: terms.linkId ?? texts.sig.slice(0, NAME_DIGITS),
        keyId: terms.keyId ?? keys[keyIndex]?.keyId,
        scope: isAlbum ? scopeOf(ownId, terms) : 'open',
        isAlbum,
        unknownTerm: unknown,
      }),
    })
  }

  return function authenticateOnce(id, query) {
    // A short query may be the link and nothing else, so its text is the key; any other is parsed first.
    const remembered = query.length <= LONGEST_AS_SIGNED ? memory.recall(linkOf(id, query)) : undefined
    return remembered ?? authenticate(id, query)
  }
}

const NO_TERMS: ParsedTerms = { kind: 'terms', terms: {}, unknown: undefined }

function refused(code: SignatureErrorCode, texts: PresentedTexts): Authentication {
  return { kind: 'refused', code, texts }
}

function canonicalQuery({ expires, terms, sig }: ClaimTexts): string {
  return terms === undefined
    ? `expires=${expires}&sig=${sig}`
    : `expires=${expires}&terms=${terms}&sig=${sig}`
}

/** The key of a link: no id holds a question mark, so no two links share one. */
function linkOf(id: string, query: string): string {
  return `${id}?${query}`
}

/** Parts of `link` itself: a part of the request would keep the whole request target in memory, up to 16 kB. */
function ownTexts(
  link: string,
  id: string,
  { expires, terms, sig }: ClaimTexts,
): { ownId: string; texts: ClaimTexts } {
  const start = id.length + '?expires='.length
  const end = start + expires.length
  const ownSig = link.slice(-sig.length)
  const termsStart = end + '&terms='.length
  const ownTerms = terms === undefined ? undefined : link.slice(termsStart, termsStart + terms.length)
  return {
    ownId: link.slice(0, id.length),
    texts: { expires: link.slice(start, end), terms: ownTerms, sig: ownSig },
  }
}

/** Tries every key, so that the time does not reveal which one matched. */
function findKey(
  keys: Keyring,
  id: string,
  expires: number,
  termsText: string | undefined,
  mac: Uint8Array,
  terms: LinkTerms,
): number | undefined {
  let found: number | undefined
  keys.forEach(({ key, keyId }, index) => {
    const isMatch = timingSafeEqual(computeMac(key, id, expires, termsText), mac)
    const isNamed = terms.keyId === undefined || keyId === undefined || keyId === terms.keyId
    if (isMatch && isNamed) found ??= index
  })
  return found
}

/** Whether a link that opens several tracks opens `id`. */
export function scopeOf(id: string, { tracks = [], prefix, set }: LinkTerms): AuthenticLink['scope'] {
  if (tracks.includes(id) || (prefix !== undefined && id.startsWith(prefix))) return 'open'
  return set === undefined ? 'closed' : 'set'
}
