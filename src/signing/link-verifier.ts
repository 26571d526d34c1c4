/** Verifies signed links: grammar, MAC, expiry and lifetime, in this order, and names the one that failed. */
import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock'
import type { StreamErrorCode } from '../errors'
import { computeMac } from './canonical'
import type { Keyring } from './keyring'
import { createLinkMemory } from './link-memory'
import { LONGEST_AS_SIGNED, parseLinkClaim, type ClaimTexts, type PresentedTexts } from './query'

/** What an authentic link permits. */
export interface Grant {
  /** The track that may be read. */
  readonly id: string
  /** The last second, since the epoch, at which the link is valid. */
  readonly expires: number
  /** Which secret of the list signed it; 0 is the first. An old secret can go when no grant names it any more. */
  readonly keyIndex: number
}

/** Why a link is rejected. */
export type SignatureErrorCode = Extract<StreamErrorCode, `SIGNATURE_${string}`>

/** What the query of one request permits, or why it is rejected. */
export type Verdict =
  | { readonly valid: true; readonly grant: Grant; readonly texts: PresentedTexts }
  | { readonly valid: false; readonly code: SignatureErrorCode; readonly texts: PresentedTexts }

/**
 * Verifies the raw query of a request for `id`, which must be a valid track id.
 *
 * @throws ClockError
 */
export type LinkVerifier = (id: string, query: string) => Verdict

export interface LinkVerifierSettings {
  readonly secret: Keyring
  /** Seconds. */
  readonly clockTolerance: number
  /** Seconds. */
  readonly maxTtl: number
  readonly now: Clock
}

/**
 * @param maxRemembered how many authentic links are remembered, so that the MAC of a link is computed once, however
 *   often its listener seeks; besides those, some forged ones are
 */
export function createLinkVerifier(settings: LinkVerifierSettings, maxRemembered = 0): LinkVerifier {
  const { secret: keys, clockTolerance, maxTtl, now } = settings
  const memory = createLinkMemory<Verdict>(maxRemembered)

  function authenticate(id: string, query: string): Verdict {
    const claim = parseLinkClaim(query)
    if (claim.kind === 'missing') return { valid: false, code: 'SIGNATURE_MISSING', texts: claim.texts }
    if (claim.kind === 'malformed') return { valid: false, code: 'SIGNATURE_MALFORMED', texts: claim.texts }

    const { expires, mac } = claim
    const link = linkOf(id, `expires=${claim.texts.expires}&sig=${claim.texts.sig}`)
    const remembered = memory.recall(link)
    if (remembered !== undefined) return remembered
    const keyIndex = findKey(keys, id, expires, mac)
    const { ownId, texts } = ownTexts(link, id, claim.texts)
    if (keyIndex === undefined) {
      return memory.rememberForged(link, { valid: false, code: 'SIGNATURE_INVALID', texts })
    }
    const grant = Object.freeze({ id: ownId, expires, keyIndex })
    return memory.rememberAuthentic(link, { valid: true, grant, texts })
  }

  return function verify(id, query) {
    // A short query may be the link and nothing else, so its text is the key; any other is parsed first.
    const remembered = query.length <= LONGEST_AS_SIGNED ? memory.recall(linkOf(id, query)) : undefined
    const verdict = remembered ?? authenticate(id, query)
    if (!verdict.valid) return verdict

    const { grant, texts } = verdict
    const remaining = grant.expires - now()
    // Written so that NaN does not pass.
    if (!(remaining >= -clockTolerance)) return { valid: false, code: 'SIGNATURE_EXPIRED', texts }
    if (!(remaining <= maxTtl + clockTolerance)) return { valid: false, code: 'SIGNATURE_LIFETIME', texts }
    return verdict
  }
}

/** The key of a link: no id holds a question mark, so no two links share one. */
function linkOf(id: string, query: string): string {
  return `${id}?${query}`
}

/** Parts of `link` itself: a part of the request would keep the whole request target in memory, up to 16 kB. */
function ownTexts(
  link: string,
  id: string,
  { expires, sig }: ClaimTexts,
): { ownId: string; texts: ClaimTexts } {
  const ownSig = link.slice(-sig.length)
  const start = id.length + '?expires='.length
  return {
    ownId: link.slice(0, id.length),
    texts: { expires: link.slice(start, start + expires.length), sig: ownSig },
  }
}

/** Tries every key, so that the time does not reveal which one matched. */
function findKey(keys: Keyring, id: string, expires: number, mac: Uint8Array): number | undefined {
  let found: number | undefined
  keys.forEach((key, index) => {
    if (timingSafeEqual(computeMac(key, id, expires), mac)) found ??= index
  })
  return found
}
