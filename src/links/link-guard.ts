/**
 * Decides what a request may do with its link: before the track is opened by what the link says (`check`), and just before
 * the first byte by who uses it (`admit`). What needs no other node stays within the tick.
 */
import { andThen, isThenable, type MaybePromise } from '../callbacks'
import { StreamError, stateUnavailable, unavailable, type StreamErrorCode } from '../errors'
import {
  createLinkAuthenticator,
  type AuthenticLink,
  type Grant,
  type LinkAuthenticator,
} from '../signing/authenticate-link'
import { hasExpired, isNetworkAllowed, isTooEarly, livesTooLong } from '../signing/link-checks'
import type { LinkVerifierSettings } from '../signing/link-verifier'
import type { PresentedTexts } from '../signing/query'
import { withTimeLimit } from '../time-limit'
import { createBodyAdmission, type AdmitBody } from './body-admission'
import { sealGrant } from './granted-link'
import type { LinkClient } from './link-client'
import type { LinkPolicy } from './link-policy'
import type { LinkShares } from './link-shares'
import { countsBodies, playUntil, recognise, sessionLength } from './recognise'

export interface LinkGuardSettings extends LinkVerifierSettings, LinkPolicy {}

export type LinkVerdict =
  | {
      readonly kind: 'allowed'
      readonly link: AuthenticLink
      /** Whether an enforcement on trial would have refused it. */
      readonly isReported: boolean
    }
  | {
      readonly kind: 'refused'
      readonly error: StreamError
      readonly texts: PresentedTexts
      /** If it is authentic. */
      readonly link: AuthenticLink | undefined
    }

/** Some 40,000 links without terms, on a node that has so many at a time. */
const REMEMBERED_BYTES = 32 * 1024 * 1024

/** Milliseconds for `sets` of the app. */
const SETS_TIME_LIMIT = 5000

export class LinkGuard {
  readonly settings: LinkGuardSettings
  readonly shares: LinkShares
  readonly admit: AdmitBody
  readonly #authenticate: LinkAuthenticator

  constructor(settings: LinkGuardSettings, shares: LinkShares) {
    this.settings = settings
    this.shares = shares
    this.#authenticate = createLinkAuthenticator(settings.secret, REMEMBERED_BYTES, link =>
      sealGrant(this, link),
    )
    this.admit = createBodyAdmission(settings, shares)
  }

  /** The authentic link of a query, whatever it allows. */
  authenticate(id: string, query: string): AuthenticLink | undefined {
    const authentication = this.#authenticate(id, query)
    return authentication.kind === 'authentic' ? authentication.link : undefined
  }

  /**
   * Checks what a link says, in the order of the table in docs/links.md.
   *
   * @param id a valid track id
   * @throws (or rejects with) ClockError
   */
  check(id: string, query: string, client: LinkClient): MaybePromise<LinkVerdict> {
    const authentication = this.#authenticate(id, query)
    if (authentication.kind === 'refused') {
      const { code, texts } = authentication
      return { kind: 'refused', error: new StreamError(code), texts, link: undefined }
    }
    const { link } = authentication
    const { grant, scope } = link
    if (link.unknownTerm !== undefined) return refuse(link, 'TERM_UNKNOWN')
    const now = this.settings.now()
    if (isTooEarly(grant, now, this.settings)) return refuse(link, 'SIGNATURE_NOT_YET_VALID')
    const continues = hasExpired(grant, now, this.settings) ? this.#continues(link, now, client) : true
    if (continues === false) return refuse(link, 'SIGNATURE_EXPIRED')
    if (livesTooLong(grant, now, this.settings)) return refuse(link, 'SIGNATURE_LIFETIME')
    const checked = scope === 'open' ? this.#checkUse(link, client) : this.#checkSet(link, client)
    return continues === true
      ? checked
      : andThen(checked, verdict => this.#checkSession(verdict, link, now, client))
  }

  /** Seconds for which a copy of the track may be kept: as long as the link is valid, or else its session. */
  secondsLeft(grant: Grant, now: number): number {
    const left = grant.expires - now
    return left > 0 ? left : playUntil(this.settings.sessions, grant) - now
  }

  isRevoked(link: AuthenticLink): boolean {
    return this.shares.revocations.isRevoked(link)
  }

  /** Whether a body of its track takes a use or a place, or begins a session. */
  countsBodies(grant: Grant): boolean {
    return countsBodies(grant, sessionLength(this.settings.sessions, grant))
  }

  /** Whether listeners of the link may continue after its expiry. */
  hasSession(grant: Grant): boolean {
    return sessionLength(this.settings.sessions, grant) > 0
  }

  /** Whether a listener of an expired link may continue; `ask` if only another node can know. */
  #continues({ grant, name }: AuthenticLink, now: number, client: LinkClient): boolean | 'ask' {
    const { sessions, clockTolerance } = this.settings
    if (!this.hasSession(grant) || !(now <= playUntil(sessions, grant) + clockTolerance)) return false
    const { keys, shown } = recognise(this.settings, name, client)
    if (shown !== undefined || this.shares.sessions.isKnown(name, keys)) return true
    return this.shares.sessions.hasOtherNodes ? 'ask' : false
  }

  #checkSet(link: AuthenticLink, client: LinkClient): MaybePromise<LinkVerdict> {
    const { sets } = this.settings
    const { set, id } = link.grant
    if (sets === undefined || set === undefined) return refuse(link, 'SIGNATURE_INVALID')
    let isMember: unknown
    try {
      isMember = sets(set, id)
    } catch (error) {
      return refuse(link, unavailable(error))
    }
    const follow = (answer: unknown): LinkVerdict =>
      answer === true ? this.#checkUse(link, client) : refuse(link, 'SIGNATURE_INVALID')
    if (!isThenable(isMember)) return follow(isMember)
    const answer = withTimeLimit(SETS_TIME_LIMIT, isMember, () => new Error('sets did not settle in time'))
    return answer.then(follow, (error: unknown) => refuse(link, unavailable(error)))
  }

  #checkUse(link: AuthenticLink, client: LinkClient): LinkVerdict {
    const isAllowed = isNetworkAllowed(link.grant, client.address)
    if (!isAllowed && this.settings.enforce.network === 'refuse') return refuse(link, 'NETWORK_NOT_ALLOWED')
    if (!this.shares.isReady)
      return refuse(link, stateUnavailable(new Error('The revocations are not read yet')))
    if (this.isRevoked(link)) return refuse(link, 'LINK_REVOKED')
    return { kind: 'allowed', link, isReported: !isAllowed }
  }

  /** Asks the other nodes whether the listener began. */
  #checkSession(
    verdict: LinkVerdict,
    link: AuthenticLink,
    now: number,
    client: LinkClient,
  ): MaybePromise<LinkVerdict> {
    if (verdict.kind === 'refused') return verdict
    const { grant, name } = link
    const { keys } = recognise(this.settings, name, client)
    if (keys.length === 0) return refuse(link, 'SIGNATURE_EXPIRED')
    const seconds = Math.max(1, playUntil(this.settings.sessions, grant) - now)
    const follow = (isKnown: boolean): LinkVerdict =>
      isKnown ? this.#checkUse(link, client) : refuse(link, 'SIGNATURE_EXPIRED')
    const answer = this.shares.sessions.ask(name, keys, seconds)
    return answer instanceof Promise
      ? answer.then(follow, (error: unknown) => refuse(link, stateUnavailable(error)))
      : follow(answer)
  }
}

function refuse(link: AuthenticLink, error: StreamErrorCode | StreamError): LinkVerdict {
  const given = typeof error === 'string' ? new StreamError(error) : error
  return { kind: 'refused', error: given, texts: link.texts, link }
}
