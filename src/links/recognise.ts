/** Who a client is to a link: by what it is recognised, and for how long it may continue after the expiry. */
import type { Grant } from '../signing/authenticate-link'
import type { Keyring } from '../signing/keyring'
import type { LinkTerms } from '../signing/terms'
import type { LinkClient } from './link-client'
import type { LinkPolicy } from './link-policy'
import { listenerKeys } from './listener-keys'
import { readSessionCookie } from './session-cookie'

export interface Recognised {
  /** Any of them suffices; none for a client that shows nothing. */
  readonly keys: readonly string[]
  /** The random part of a cookie of this link: who shows one has begun. */
  readonly shown: string | undefined
}

export interface RecognitionSettings {
  readonly secret: Keyring
  readonly sessions: LinkPolicy['sessions']
}

/** @param name of the link */
export function recognise(
  { secret, sessions }: RecognitionSettings,
  name: string,
  client: LinkClient,
): Recognised {
  const shown = sessions.cookie === false ? undefined : readSessionCookie(secret, name, client)
  return { keys: listenerKeys(client, shown, sessions.address), shown }
}

/** Seconds for which a listener may continue after the expiry; 0 for none. */
export function sessionLength({ max, withoutTerm }: LinkPolicy['sessions'], { playFor }: LinkTerms): number {
  return Math.min(max, playFor ?? withoutTerm)
}

/**
 * Whether a body counts: takes a use or a place, or begins a session.
 *
 * @param session its {@link sessionLength}
 */
export function countsBodies({ uses, streams }: LinkTerms, session: number): boolean {
  return uses !== undefined || streams !== undefined || session > 0
}

/** The last second, since the epoch, at which a listener who began in time may continue. */
export function playUntil(sessions: LinkPolicy['sessions'], grant: Grant): number {
  return grant.expires + sessionLength(sessions, grant)
}
