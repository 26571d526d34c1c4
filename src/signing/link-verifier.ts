/** Verifies signed links by what they say alone: no session, no revocation. Names the first check that fails. */
import type { Clock } from '../clock'
import { createLinkAuthenticator, type Grant, type SignatureErrorCode } from './authenticate-link'
import type { Keyring } from './keyring'
import { hasExpired, isNetworkAllowed, isTooEarly, livesTooLong, type TimeLimits } from './link-checks'
import type { PresentedTexts } from './query'

/** What the query of one request permits, or why it is rejected. */
export type Verdict =
  | { readonly valid: true; readonly grant: Grant; readonly texts: PresentedTexts }
  | { readonly valid: false; readonly code: SignatureErrorCode; readonly texts: PresentedTexts }

/**
 * Verifies the raw query of a request for `id`, which must be a valid track id.
 *
 * @param address of the client, for a link that names a network
 * @throws ClockError
 */
export type LinkVerifier = (id: string, query: string, address?: string) => Verdict

export interface LinkVerifierSettings extends TimeLimits {
  readonly secret: Keyring
  readonly now: Clock
}

/** @param maxRememberedBytes of links whose MAC is not computed again */
export function createLinkVerifier(settings: LinkVerifierSettings, maxRememberedBytes = 0): LinkVerifier {
  const { secret, now } = settings
  const authenticate = createLinkAuthenticator(secret, maxRememberedBytes)

  return function verify(id, query, address) {
    const authentication = authenticate(id, query)
    if (authentication.kind === 'refused') {
      const { code, texts } = authentication
      return { valid: false, code, texts }
    }
    const { grant, texts, unknownTerm, scope } = authentication.link
    function refuse(code: SignatureErrorCode): Verdict {
      return { valid: false, code, texts }
    }

    if (unknownTerm !== undefined) return refuse('TERM_UNKNOWN')
    const time = now()
    if (isTooEarly(grant, time, settings)) return refuse('SIGNATURE_NOT_YET_VALID')
    if (hasExpired(grant, time, settings)) return refuse('SIGNATURE_EXPIRED')
    if (livesTooLong(grant, time, settings)) return refuse('SIGNATURE_LIFETIME')
    if (scope !== 'open') return refuse('SIGNATURE_INVALID')
    if (!isNetworkAllowed(grant, address)) return refuse('NETWORK_NOT_ALLOWED')
    return { valid: true, grant, texts }
  }
}
