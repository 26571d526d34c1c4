/** A planned response on its way: listed while it is in progress, and reported when it begins and ends. */
import type { ServerResponse } from 'node:http'
import {
  Delivery,
  type DeliveryHooks,
  type DeliveryResult,
  type EndOutcome,
  type Pace,
} from '../delivery/deliver'
import { removeFields } from '../delivery/write-head'
import type { StreamError } from '../errors'
import type { SendPlan } from '../http/response-plan'
import type { ServedHeaders } from '../http/served-fields'
import type { Admitted } from '../links/body-admission'
import type { OpenStream, StreamControl, StreamOfRequest } from '../links/stream-registry'
import type { Grant } from '../signing/authenticate-link'
import type { OpenTrack } from '../source/source'
import { requestIdOf, shownAddress } from './attribution'
import type { Observer } from './observer'
import type { OnFailure, ServedRequest } from './respond'
import type { ServedResponse } from './served-events'
import { clientIp } from './stream-request'

/** A coding or framing that the app set before us would make every range wrong. */
const FOREIGN_FIELDS = ['Content-Encoding', 'Transfer-Encoding']

/** Of one handler. */
export interface SendingSettings {
  /** Milliseconds; 0 for never. */
  readonly stallTimeout: number
  readonly observer: Observer
  /** Called while nothing is written, in place of a response. */
  readonly onFailure: OnFailure
}

/** One object for all who look at a response: most are over before anybody does. */
export class StreamResponse implements ServedResponse, DeliveryHooks, StreamControl {
  firstByteMs: number | undefined
  readonly #served: ServedRequest
  readonly #track: OpenTrack
  readonly #plan: SendPlan
  readonly #settings: SendingSettings
  readonly #delivery: Delivery
  #admitted: Admitted | undefined
  #isListed = false
  #address: string | undefined
  /** Milliseconds since the epoch, once it is listed. */
  #startedAt = 0
  #listed: OpenStream | undefined

  constructor(served: ServedRequest, track: OpenTrack, plan: SendPlan, settings: SendingSettings) {
    const { res, abort } = served
    this.#served = served
    this.#track = track
    this.#plan = plan
    this.#settings = settings
    removeFields(res, FOREIGN_FIELDS)
    this.#delivery = new Delivery(res, plan, track, abort, settings.stallTimeout, this)
  }

  /** Of the client, as it was when the response began to last: a closed socket has none. */
  get address(): string | undefined {
    return this.#isListed ? this.#address : clientIp(this.#served.req)
  }

  get id(): string {
    return this.#served.id
  }

  get grant(): Grant | undefined {
    return this.#served.grant
  }

  get linkName(): string | undefined {
    return this.#served.granted?.link.name
  }

  get status(): number {
    return this.#plan.status
  }

  get headers(): ServedHeaders {
    return this.#plan.headers
  }

  /** @param admitted undefined if the response has no body, or its grant no link */
  begin(admitted: Admitted | undefined): void {
    const { req, res } = this.#served
    const { observer } = this.#settings
    this.#admitted = admitted
    if (observer.isWatched()) this.#list()
    if (admitted?.cookie !== undefined) addCookie(res, this.headers, admitted.cookie)
    if (admitted?.networks !== undefined) observer.shared(req, this, admitted.networks)
    this.#delivery.begin()
  }

  end(outcome: EndOutcome, refusal: StreamError, pace: Pace): void {
    this.#delivery.end(outcome, refusal, pace)
    this.#served.abort.abort()
  }

  describe(): StreamOfRequest {
    return {
      clientIp: shownAddress(this.address),
      requestId: requestIdOf(this.#served.req),
      range: this.headers['Content-Range'] as string | undefined,
      startedAt: this.#startedAt,
    }
  }

  bytesSent(): number {
    return this.#delivery.bytesSent()
  }

  onWait(): void {
    this.#list()
  }

  onHead(): void {
    const { req, startedAt } = this.#served
    this.firstByteMs = performance.now() - startedAt
    this.#settings.observer.request(req, this)
  }

  onEnd({ outcome: ownOutcome, bytesSent, cause }: DeliveryResult): void {
    const isOffloaded = this.#plan.isOffloaded === true && ownOutcome === 'complete'
    const outcome = isOffloaded ? 'offloaded' : ownOutcome
    const { observer } = this.#settings
    const { req, startedAt, abort, stream } = this.#served
    this.#close()
    if (ownOutcome !== 'complete') abort.abort()
    const durationMs = performance.now() - startedAt
    if (this.firstByteMs === undefined) observer.request(req, this)
    observer.completion(req, this, { outcome, bytesSent, durationMs, cause })
    stream?.leave({ outcome, bytesSent })
  }

  onFault(failure: unknown): void {
    this.#close()
    this.#settings.onFailure(this.#served, failure)
  }

  /** Called before code of the app may run, which may end the stream or revoke its link. */
  #list(): void {
    const { req, granted, startedAt, stream } = this.#served
    if (this.#isListed) return
    this.#address = clientIp(req)
    // Of the clock as it is now: `timeOrigin` knows nothing of how it was set since the process began.
    this.#startedAt = Math.ceil(Date.now() - (performance.now() - startedAt))
    this.#isListed = true
    stream?.endBy(this)
    if (granted === undefined || this.#admitted === undefined) return
    this.#listed = { link: granted.link, place: this.#admitted.place, control: this }
    granted.guard.shares.open(this.#listed)
  }

  #close(): void {
    this.#track.close()
    if (this.#admitted === undefined) return
    this.#served.granted?.guard.shares.close(this.#listed, this.#admitted.place)
  }
}

/** Adds `cookie` beside those of the app. The plan is of this response alone, and a copy of it costs more than a cookie. */
function addCookie(res: ServerResponse, headers: ServedHeaders, cookie: string): void {
  const given = res.getHeader('Set-Cookie')
  const others = given === undefined ? [] : [given].flat().map(String)
  headers['Set-Cookie'] = others.length === 0 ? cookie : [...others.filter(each => each !== cookie), cookie]
}
