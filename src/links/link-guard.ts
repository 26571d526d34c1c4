/**
 * Decides what a request may do with its link: before the track is opened by what the link says (`check`), and just before
 * the first byte by who uses it (`admit`). What needs no other node stays within the tick.
 */
import { isMainThread } from 'node:worker_threads'
import cluster from 'node:cluster'
import { andThen, type MaybePromise } from '../callbacks'
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
import { sealGrant } from './granted-link'
import type { LinkClient } from './link-client'
import { LinkNetworks } from './link-networks'
import type { LinkPolicy } from './link-policy'
import type { LinkShares } from './link-shares'
import { listenerKeys } from './listener-keys'
import { makeSessionCookie, nextRandom, readSessionCookie } from './session-cookie'
import type { Place } from './stream-places'

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

/** What goes with a body that may be sent. */
export interface Admitted {
  /** For `Set-Cookie`. */
  readonly cookie: string | undefined
  readonly place: Place | undefined
  /** The networks from which the link was begun, once, when they are as many as `sharedNetworks`. */
  readonly networks: number | undefined
}

/** Some 700 bytes each. */
const REMEMBERED_LINKS = 4096

/** Milliseconds for `sets` of the app. */
const SETS_TIME_LIMIT = 5000

/** Seconds after which a listener may try again who has no place. */
const RETRY_AFTER = '15'

export class LinkGuard {
  readonly settings: LinkGuardSettings
  readonly shares: LinkShares
  readonly #authenticate: LinkAuthenticator
  readonly #networks: LinkNetworks
  #hasWarnedOfWorkers = false

  constructor(settings: LinkGuardSettings, shares: LinkShares) {
    this.settings = settings
    this.shares = shares
    this.#authenticate = createLinkAuthenticator(settings.secret, REMEMBERED_LINKS, link => sealGrant(this, link))
    this.#networks = new LinkNetworks(settings.sharedNetworks)
  }

  /** The authentic link of a query, whatever it allows. */
  authenticate(id: string, query: string): AuthenticLink | undefined {
    const authentication = this.#authenticate(id, query)
    return authentication.kind === 'authentic' ? authentication.link : undefined
  }

  /**
   * Checks what a link says, in the order of the README's table.
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
    if (!this.shares.isReady) return refuse(link, stateUnavailable(new Error('The revocations are not read yet')))
    if (link.unknownTerm !== undefined) return refuse(link, 'TERM_UNKNOWN')
    const now = this.settings.now()
    if (isTooEarly(grant, now, this.settings)) return refuse(link, 'SIGNATURE_NOT_YET_VALID')
    const continues = hasExpired(grant, now, this.settings) ? this.#continues(link, now, client) : true
    if (continues === false) return refuse(link, 'SIGNATURE_EXPIRED')
    if (livesTooLong(grant, now, this.settings)) return refuse(link, 'SIGNATURE_LIFETIME')
    if (scope === 'closed') return refuse(link, 'SIGNATURE_INVALID')
    const checked = scope === 'open' ? this.#checkUse(link, client) : this.#checkSet(link, client)
    return continues === true ? checked : andThen(checked, verdict => this.#checkSession(verdict, link, now, client))
  }

  /**
   * Called just before the first byte of a body: begins a session, takes a use and a place. May be called again for one
   * listener without harm.
   *
   * @throws (or rejects with) ClockError
   */
  admit(link: AuthenticLink, client: LinkClient): MaybePromise<Admitted | StreamError> {
    const { revocations, sessions } = this.shares
    if (revocations.isRevoked(link)) return new StreamError('LINK_REVOKED')
    const { grant, name } = link
    const { uses, streams } = grant
    const session = this.#sessionOf(grant)
    const networks = this.#networks.note(link, client.address)
    if (uses === undefined && streams === undefined && session === 0) {
      return networks === undefined ? ADMITTED : { ...ADMITTED, networks }
    }
    if (uses !== undefined || streams !== undefined) this.#warnOfWorkers()

    const { secret, sessions: settings } = this.settings
    const now = this.settings.now()
    const seconds = Math.max(1, grant.expires + session - now)
    const shown = settings.cookie === false ? undefined : readSessionCookie(secret, name, client)
    const random = shown === undefined && settings.cookie !== false ? nextRandom() : undefined
    const recognised = listenerKeys(client, shown, settings.address)
    // Without any, the new cookie is what the listener will be recognised by.
    const keys = recognised.length > 0 ? recognised : [`c:${random ?? ''}`]

    const begin = (): MaybePromise<StreamError | undefined> => {
      if (hasExpired(grant, now, this.settings)) {
        const isKnown = shown !== undefined || sessions.isKnown(name, keys)
        if (!isKnown) return new StreamError('SIGNATURE_EXPIRED')
        sessions.note(name, keys, seconds)
        return undefined
      }
      // Who shows our cookie has begun.
      if (uses === undefined || shown !== undefined || sessions.isKnown(name, keys)) {
        if (uses !== undefined || session > 0) sessions.note(name, keys, seconds)
        return undefined
      }
      return toRefusal(() => sessions.begin(name, keys, uses, seconds))
    }
    const take = (): MaybePromise<Place | StreamError | undefined> => {
      if (streams === undefined) return undefined
      const subject = grant.listener === undefined ? `link ${name}` : `listener ${grant.listener}`
      return andThen(this.shares.takePlace(subject, keys, streams), place => place ?? noPlace())
    }
    const finish = (place: Place | undefined): Admitted | StreamError => {
      if (revocations.isRevoked(link)) return new StreamError('LINK_REVOKED')
      const isAlbum = link.isAlbum
      const cookie =
        random === undefined
          ? undefined
          : makeSessionCookie(secret, name, random, client, settings, isAlbum, seconds)
      return { cookie, place, networks }
    }
    return andThen(begin(), refusal =>
      refusal ?? andThen(take(), place => (place instanceof StreamError ? place : finish(place))),
    )
  }

  /** Seconds for which a copy of the track may be kept: as long as the link is valid, or else its session. */
  secondsLeft(grant: Grant, now: number): number {
    const left = grant.expires - now
    return left > 0 ? left : left + this.#sessionOf(grant)
  }

  /** Seconds for which a listener may continue after the expiry. */
  #sessionOf({ playFor }: Grant): number {
    const { max, withoutTerm } = this.settings.sessions
    return Math.min(max, playFor ?? withoutTerm)
  }

  /** Whether a listener of an expired link may continue; `ask` if only another node can know. */
  #continues({ grant, name }: AuthenticLink, now: number, client: LinkClient): boolean | 'ask' {
    const session = this.#sessionOf(grant)
    if (session === 0 || !(now <= grant.expires + session + this.settings.clockTolerance)) return false
    const { keys, isShown } = this.#recognise(name, client)
    if (isShown || this.shares.sessions.isKnown(name, keys)) return true
    return this.shares.sessions.hasOtherNodes ? 'ask' : false
  }

  #recognise(name: string, client: LinkClient): { keys: readonly string[]; isShown: boolean } {
    const { secret, sessions } = this.settings
    const shown = sessions.cookie === false ? undefined : readSessionCookie(secret, name, client)
    return { keys: listenerKeys(client, shown, sessions.address), isShown: shown !== undefined }
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
    if (!(isMember instanceof Promise)) return follow(isMember)
    const answer = withTimeLimit(SETS_TIME_LIMIT, isMember, () => new Error('sets did not settle in time'))
    return answer.then(follow, (error: unknown) => refuse(link, unavailable(error)))
  }

  #checkUse(link: AuthenticLink, client: LinkClient): LinkVerdict {
    const isAllowed = isNetworkAllowed(link.grant, client.address)
    if (!isAllowed && this.settings.enforce.network === 'refuse') return refuse(link, 'NETWORK_NOT_ALLOWED')
    if (this.shares.revocations.isRevoked(link)) return refuse(link, 'LINK_REVOKED')
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
    const { keys } = this.#recognise(name, client)
    if (keys.length === 0) return refuse(link, 'SIGNATURE_EXPIRED')
    const seconds = Math.max(1, grant.expires + this.#sessionOf(grant) - now)
    const follow = (isKnown: boolean): LinkVerdict =>
      isKnown ? this.#checkUse(link, client) : refuse(link, 'SIGNATURE_EXPIRED')
    const answer = this.shares.sessions.ask(name, keys, seconds)
    return answer instanceof Promise
      ? answer.then(follow, (error: unknown) => refuse(link, stateUnavailable(error)))
      : follow(answer)
  }

  /** Each worker counts for itself, unless they share a state. */
  #warnOfWorkers(): void {
    if (this.#hasWarnedOfWorkers) return
    this.#hasWarnedOfWorkers = true
    if (this.shares.sessions.hasOtherNodes || (isMainThread && !cluster.isWorker)) return
    process.emitWarning(
      'A link limits uses or streams, and each worker counts for itself: give createLinks a shared state',
      { code: 'EXPRESS_SIGNED_STREAM_WORKERS' },
    )
  }
}

const ADMITTED: Admitted = Object.freeze({ cookie: undefined, place: undefined, networks: undefined })

function refuse(link: AuthenticLink, error: StreamErrorCode | StreamError): LinkVerdict {
  const given = typeof error === 'string' ? new StreamError(error) : error
  return { kind: 'refused', error: given, texts: link.texts, link }
}

function noPlace(): StreamError {
  return new StreamError('TOO_MANY_STREAMS', { headers: { 'Retry-After': RETRY_AFTER } })
}

function toRefusal(begin: () => MaybePromise<'begun' | 'known' | 'full'>): MaybePromise<StreamError | undefined> {
  function follow(result: 'begun' | 'known' | 'full'): StreamError | undefined {
    return result === 'full' ? new StreamError('LINK_USED_UP') : undefined
  }
  try {
    const result = begin()
    return result instanceof Promise ? result.then(follow, stateUnavailable) : follow(result)
  } catch (error) {
    return stateUnavailable(error)
  }
}
