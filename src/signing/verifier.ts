/** Judges signed links: grammar, MAC, expiry and lifetime, in this order, and says which of them failed. */
import { timingSafeEqual } from 'node:crypto'
import { createClock, type Clock } from '../clock'
import type { StreamErrorCode } from '../errors'
import { lastSegment, splitTarget } from '../http/request-target'
import { judgeOptions, rules } from '../options'
import { isTrackId } from '../track-id'
import { computeMac } from './canonical'
import { createKeyring, secretRule, type Keyring, type Secret } from './keyring'
import { createLinkMemory } from './link-memory'
import { LONGEST_AS_SIGNED, parseGrantQuery, type ClaimTexts, type GrantTexts } from './query'

/** What an authentic link permits. */
export interface Grant {
  /** The track that may be read. */
  readonly id: string
  /** The last second, since the epoch, at which the link is valid. */
  readonly expires: number
  /** Which secret of the list signed it; 0 is the first. An old secret can go when no grant names it any more. */
  readonly keyIndex: number
}

/** Why a link is refused. */
export type SignatureErrorCode = Extract<StreamErrorCode, `SIGNATURE_${string}`>

export interface VerifierOptions {
  /** The secret shared with the signer, or a list: all verify. 16 bytes each at least, 32 or more advised. */
  readonly secret: Secret | readonly Secret[] | undefined
  /**
   * Seconds by which the clock of a signer may differ from this one: a link is valid for so much longer than it says,
   * and `maxTtl` allows so much more.
   * @defaultValue 0
   */
  readonly clockTolerance?: number | undefined
  /**
   * Seconds that a link may still have to live, so that a signer's mistake cannot open a file for years.
   * @defaultValue no limit
   */
  readonly maxTtl?: number | undefined
  /**
   * The clock, in seconds since the epoch. It is called when the verifier is made and for every link; a call that
   * throws or returns no time verifies nothing, and throws.
   * @defaultValue the system's
   */
  readonly now?: Clock | undefined
}

/** The rules for {@link VerifierOptions}. */
export const verifierRules = {
  secret: secretRule,
  clockTolerance: rules.seconds,
  maxTtl: rules.seconds,
  now: rules.function,
}

/** The judgement on the query of one request. */
export type Verdict =
  | { readonly valid: true; readonly grant: Grant; readonly texts: GrantTexts }
  | { readonly valid: false; readonly code: SignatureErrorCode; readonly texts: GrantTexts }

/** Judges the raw query of a request for `id`, which must be a valid track id. */
export type Verifier = (id: string, query: string) => Verdict

/**
 * @param maker what is being made, for the text of errors
 * @param maxRemembered how many authentic links are remembered, so that the MAC of a link that seeks is computed once;
 *   and some that are not
 * @throws TypeError or RangeError that names the option that is wrong
 */
export function createVerifier(
  options: Partial<VerifierOptions>,
  maker: string,
  maxRemembered = 0,
): Verifier {
  const keys = createKeyring(options.secret, maker)
  const { clockTolerance = 0, maxTtl = Infinity } = options
  const now = createClock(maker, options.now)
  const memory = createLinkMemory<Verdict>(maxRemembered)

  function authenticate(id: string, query: string): Verdict {
    const claim = parseGrantQuery(query)
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
    // Only a query that may be the link alone is a name of the link; others are read first.
    const remembered = query.length <= LONGEST_AS_SIGNED ? memory.recall(linkOf(id, query)) : undefined
    const verdict = remembered ?? authenticate(id, query)
    if (!verdict.valid) return verdict

    const { grant, texts } = verdict
    const remaining = grant.expires - now()
    // Written so that no value that is not a number passes.
    if (!(remaining >= -clockTolerance)) return { valid: false, code: 'SIGNATURE_EXPIRED', texts }
    if (!(remaining <= maxTtl + clockTolerance)) return { valid: false, code: 'SIGNATURE_LIFETIME', texts }
    return verdict
  }
}

/** The name of a link: no id holds a question mark, so no two links share one. */
function linkOf(id: string, query: string): string {
  return `${id}?${query}`
}

/** Parts of `link` itself: parts of the request would keep all of its target in memory, 16 kB of anything. */
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

/** Every key is tried, so that time does not tell which one matched. */
function findKey(keys: Keyring, id: string, expires: number, mac: Uint8Array): number | undefined {
  let found: number | undefined
  keys.forEach((key, index) => {
    if (timingSafeEqual(computeMac(key, id, expires), mac)) found ??= index
  })
  return found
}

/** The result of {@link verifySignedUrl}. */
export type Verification =
  | { readonly valid: true; readonly grant: Grant }
  | { readonly valid: false; readonly code: SignatureErrorCode | 'INVALID_ID' }

/**
 * Verifies a signed link without Express: the last path segment is the id. Touches no file.
 *
 * @param url absolute, or a path with its query
 * @returns the grant, or the code of what is wrong; never throws for a URL, whatever it holds
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * const result = verifySignedUrl(url, { secret })
 * if (!result.valid) console.log(result.code) // 'SIGNATURE_EXPIRED'
 */
export function verifySignedUrl(url: string | URL, options: VerifierOptions): Verification {
  const verify = createVerifier(
    judgeOptions<VerifierOptions>('verifySignedUrl', options, verifierRules),
    'verifySignedUrl',
  )
  const target = splitTarget(String(url))
  const id = lastSegment(target.path)
  if (!isTrackId(id)) return { valid: false, code: 'INVALID_ID' }
  const verdict = verify(id, target.query)
  return verdict.valid ? { valid: true, grant: verdict.grant } : { valid: false, code: verdict.code }
}
