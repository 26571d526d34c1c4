/** Judges signed links: grammar, MAC, expiry and lifetime, in this order, and says which of them failed. */
import { timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { StreamErrorCode } from '../errors'
import { lastSegment, splitTarget } from '../http/request-target'
import { judgeOptions, rules } from '../options'
import { isTrackId } from '../track-id'
import { computeMac } from './canonical'
import { wholeSeconds, type Clock } from './clock'
import { createKeyring, secretRule, type Keyring, type Secret } from './keyring'
import { parseGrantQuery, type GrantTexts } from './query'

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
   * Seconds that a link outlives its expiry, for signers whose clock is behind.
   * @defaultValue 0
   */
  readonly clockTolerance?: number | undefined
  /**
   * Seconds that a link may still have to live, so that a signer's mistake cannot open a file for years.
   * @defaultValue no limit
   */
  readonly maxTtl?: number | undefined
  /**
   * The clock, in seconds since the epoch.
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

/** A link whose MAC was found right; whether it is valid now is another question. */
type Authentic = Verdict & { readonly valid: true }

/** Clients that were refused ask again, some without end. */
const REMEMBERED_FORGERIES = 64

/**
 * @param maker what is being made, for the text of errors
 * @param maxRemembered how many authentic links are remembered, so that the MAC of a link that seeks is computed once;
 *   and some that are not
 */
export function createVerifier(
  options: Partial<VerifierOptions>,
  maker: string,
  maxRemembered = 0,
): Verifier {
  const keys = createKeyring(options.secret, maker)
  const { clockTolerance = 0, maxTtl = Infinity } = options
  const now = wholeSeconds(options.now)
  const known = maxRemembered > 0 ? new LRUCache<string, Authentic>({ max: maxRemembered }) : undefined
  // Apart from those, so that no storm of forgeries drives them out.
  const forged = known && new LRUCache<string, Verdict>({ max: REMEMBERED_FORGERIES })

  function authenticate(id: string, query: string): Verdict {
    const claim = parseGrantQuery(query)
    const { texts } = claim
    if (claim.kind === 'missing') return { valid: false, code: 'SIGNATURE_MISSING', texts }
    if (claim.kind === 'malformed') return { valid: false, code: 'SIGNATURE_MALFORMED', texts }
    const keyIndex = findKey(keys, id, claim.expires, claim.mac)
    if (keyIndex === undefined) return { valid: false, code: 'SIGNATURE_INVALID', texts }
    return { valid: true, grant: Object.freeze({ id, expires: claim.expires, keyIndex }), texts }
  }

  return function verify(id, query) {
    // No id holds a question mark, so that no two links share a name.
    const link = `${id}?${query}`
    const remembered = known?.get(link)
    const verdict = remembered ?? forged?.get(link) ?? authenticate(id, query)
    if (!verdict.valid) {
      if (verdict.code === 'SIGNATURE_INVALID') forged?.set(link, verdict)
      return verdict
    }
    if (remembered === undefined) known?.set(link, verdict)

    const { grant, texts } = verdict
    const remaining = grant.expires - now()
    if (remaining + clockTolerance < 0) return { valid: false, code: 'SIGNATURE_EXPIRED', texts }
    if (remaining > maxTtl) return { valid: false, code: 'SIGNATURE_LIFETIME', texts }
    return verdict
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
