/**
 * Decides just before the first byte of a body whether it may be sent: begins a session, takes a use and a place. Uses come
 * before places, as a use that was taken costs its listener nothing when the request is repeated.
 */
import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'
import { andThen, type MaybePromise } from '../callbacks'
import { StreamError, stateUnavailable } from '../errors'
import type { AuthenticLink } from '../signing/authenticate-link'
import { hasExpired } from '../signing/link-checks'
import type { LinkVerifierSettings } from '../signing/link-verifier'
import type { GrantedLink } from './granted-link'
import { IssuedCookies, type IssuedCookie } from './issued-cookies'
import type { LinkClient } from './link-client'
import { LinkNetworks } from './link-networks'
import type { LinkPolicy } from './link-policy'
import type { LinkShares } from './link-shares'
import { countsBodies, playUntil, recognise, sessionLength } from './recognise'
import type { Place } from './stream-places'

/** What goes with a body that may be sent. */
export interface Admitted {
  /** For `Set-Cookie`. */
  readonly cookie: string | undefined
  readonly place: Place | undefined
  /** The networks from which the link was begun, once, when they are as many as `sharedNetworks`. */
  readonly networks: number | undefined
}

/**
 * May be called again for one listener without harm. Other nodes may be asked meanwhile: what was revoked must be looked at
 * again after it.
 *
 * @throws (or rejects with) ClockError
 */
export type AdmitBody = (granted: GrantedLink, client: LinkClient) => MaybePromise<Admitted | StreamError>

type AdmissionSettings = LinkVerifierSettings & LinkPolicy

/** One request of one listener. */
interface Visit {
  readonly link: AuthenticLink
  /** Never empty. */
  readonly keys: readonly string[]
  readonly hasCookie: boolean
  /** Undefined if the client has one, or gets none. */
  readonly issued: IssuedCookie | undefined
  readonly hasExpired: boolean
  /** Seconds after the expiry for which the listener may continue. */
  readonly session: number
  /** Seconds until nothing can be played by the link any more. */
  readonly seconds: number
}

const ADMITTED: Admitted = Object.freeze({ cookie: undefined, place: undefined, networks: undefined })

/** Seconds after which a listener may try again who has no place. */
const RETRY_AFTER = '15'

export function createBodyAdmission(settings: AdmissionSettings, shares: LinkShares): AdmitBody {
  const { revocations, sessions } = shares
  const cookies = new IssuedCookies(settings)
  const networks = new LinkNetworks(settings.sharedNetworks)
  let hasWarned = false

  return function admitBody(granted, client) {
    const { link } = granted
    if (revocations.isRevoked(link)) return new StreamError('LINK_REVOKED')
    const { uses, streams } = link.grant
    const session = sessionLength(settings.sessions, link.grant)
    const count = networks.note(granted, client.address)
    if (!countsBodies(link.grant, session)) {
      return count === undefined ? ADMITTED : { ...ADMITTED, networks: count }
    }
    if (uses !== undefined || streams !== undefined) warnOfWorkers()
    const visit = readVisit(link, client, session)
    return andThen(begin(visit), refusal => refusal ?? admitVisit(visit, count))
  }

  function admitVisit(visit: Visit, count: number | undefined): MaybePromise<Admitted | StreamError> {
    return andThen(takePlace(visit), place =>
      place instanceof StreamError ? place : { cookie: visit.issued?.field, place, networks: count },
    )
  }

  function readVisit(link: AuthenticLink, client: LinkClient, session: number): Visit {
    const now = settings.now()
    const { keys, shown } = recognise(settings, link.name, client)
    const seconds = Math.max(1, playUntil(settings.sessions, link.grant) - now)
    const getsCookie = shown === undefined && settings.sessions.cookie !== false
    const issued = getsCookie ? cookies.issue(link, client, seconds, now) : undefined
    return {
      link,
      // A client that shows nothing will be recognised by its new cookie.
      keys: keys.length > 0 || issued === undefined ? keys : [`c:${issued.random}`],
      hasCookie: shown !== undefined,
      issued,
      hasExpired: hasExpired(link.grant, now, settings),
      session,
      seconds,
    }
  }

  function begin({
    link,
    keys,
    hasCookie,
    hasExpired: isLate,
    session,
    seconds,
  }: Visit): MaybePromise<StreamError | undefined> {
    const { name, grant } = link
    const { uses } = grant
    function hasBegun(): boolean {
      return hasCookie || sessions.isKnown(name, keys)
    }

    if (isLate && !hasBegun()) return new StreamError('SIGNATURE_EXPIRED')
    if (uses !== undefined && !hasBegun()) return take(() => sessions.begin(name, keys, uses, seconds))
    // A cookie proves itself: only what else it may be recognised by is remembered.
    const noted = hasCookie ? keys.slice(1) : keys
    if (noted.length > 0 && (uses !== undefined || session > 0)) sessions.note(name, noted, seconds)
    return undefined
  }

  function takePlace({ link, keys, issued }: Visit): MaybePromise<Place | StreamError | undefined> {
    const { streams, listener } = link.grant
    if (streams === undefined) return undefined
    const subject = listener === undefined ? `link ${link.name}` : `listener ${listener}`
    // The new cookie keeps the place after a change of network.
    const withCookie = issued === undefined ? keys : [...new Set([`c:${issued.random}`, ...keys])]
    return andThen(shares.takePlace(subject, withCookie, streams), place => place ?? noPlace())
  }

  function warnOfWorkers(): void {
    if (hasWarned) return
    hasWarned = true
    if (sessions.hasOtherNodes || (isMainThread && !cluster.isWorker)) return
    process.emitWarning(
      'A link limits uses or streams, and each worker counts for itself: give createLinks a shared state',
      { code: 'EXPRESS_SIGNED_STREAM_WORKERS' },
    )
  }
}

function noPlace(): StreamError {
  return new StreamError('TOO_MANY_STREAMS', { headers: { 'Retry-After': RETRY_AFTER } })
}

function take(begin: () => MaybePromise<'begun' | 'known' | 'full'>): MaybePromise<StreamError | undefined> {
  try {
    const result = begin()
    return result instanceof Promise ? result.then(toRefusal, stateUnavailable) : toRefusal(result)
  } catch (error) {
    return stateUnavailable(error)
  }
}

/** A state that returns anything else has counted nobody. */
function toRefusal(result: unknown): StreamError | undefined {
  if (result === 'begun' || result === 'known') return undefined
  if (result === 'full') return new StreamError('LINK_USED_UP')
  return stateUnavailable(new TypeError('The state of links must return begun, known or full'))
}
