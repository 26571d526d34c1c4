/** Responds with an open track: decides the whole response, asks whether its body may be sent, and sends it. */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Clock } from '../clock'
import { StreamError } from '../errors'
import { formatCacheControl } from '../http/cache-control'
import { readRequestFields } from '../http/request-fields'
import { createPlanner, type ResponseHeaders, type SendPlan } from '../http/response-plan'
import { hasTerms, type GrantedLink } from '../links/granted-link'
import type { Admitted } from '../links/body-admission'
import type { OpenTrack, TrackRequest } from '../source/source'
import { awaitFor } from './await-for'
import type { GrantedStream } from './granted-stream'
import type { Observer } from './observer'
import { RequestClient } from './request-client'
import { requestIdField } from './request-id-field'
import { createSendPlanned } from './send-plan'
import type { StreamRequest } from './stream-request'

export interface RespondSettings {
  readonly cacheVisibility: 'private' | 'public'
  /** Seconds. */
  readonly cacheMaxAge: number
  /** Milliseconds; 0 for never. */
  readonly stallTimeout: number
  readonly now: Clock
  /** Fields that every served response carries besides. */
  readonly extraHeaders?: ResponseHeaders | undefined
  /** The field that carries the id of the request; undefined for none. */
  readonly requestIdHeader?: string | undefined
}

/** A request that is being served. */
export interface ServedRequest extends TrackRequest {
  readonly req: StreamRequest
  readonly res: ServerResponse
  readonly method: 'GET' | 'HEAD'
  /** What the extension in the path promises; undefined if there is none. */
  readonly mediaType: string | undefined
  /** The link of the grant; undefined if no signature is required, or the app made the grant up. */
  readonly granted: GrantedLink | undefined
  /** Aborts when the client leaves. */
  readonly abort: AbortController
  /** Undefined if nobody counts streams. */
  readonly stream: GrantedStream | undefined
  readonly fail: (failure: unknown) => void
}

/**
 * Responds with `track`, and closes it in the end. While nothing is written, what prevents the response goes to
 * `onFailure` in its place: a StreamError, a fault of the source, or a bug. Never throws.
 */
export type Respond = (served: ServedRequest, track: OpenTrack, onFailure: (failure: unknown) => void) => void

export function createRespond(settings: RespondSettings, observer: Observer): Respond {
  const { stallTimeout, now, extraHeaders, requestIdHeader } = settings
  const planResponse = createPlanner(extraHeaders)
  const sendPlanned = createSendPlanned(stallTimeout, observer)

  return function respond(served, track, onFailure) {
    const { req, method, grant, granted } = served
    function closeTrack(): void {
      track.close()
    }

    function fail(failure: unknown): void {
      closeTrack()
      onFailure(failure)
    }

    function send(plan: SendPlan, admitted: Admitted | undefined): void {
      sendPlanned(served, track, plan, admitted, onFailure)
    }

    function follow(plan: SendPlan, admitted: Admitted | StreamError): void {
      if (admitted instanceof StreamError) fail(admitted)
      // Other nodes may have been asked meanwhile. What is revoked from here on ends a stream that is listed.
      else if (granted?.guard.isRevoked(granted.link) === true) fail(new StreamError('LINK_REVOKED'))
      else send(plan, admitted)
    }

    try {
      // The clock that checked the link decides how long a copy may be kept.
      const time = granted === undefined ? now() : granted.guard.settings.now()
      const plan = planResponse(method, readRequestFields(req), track.representation, {
        now: time,
        cacheControl: cacheControlOf(settings, served, time),
        downloadName: grant?.downloadName,
        makeBoundary,
      })
      if (plan.kind === 'refuse') {
        fail(new StreamError(plan.code, plan))
        return
      }
      if (requestIdHeader !== undefined) Object.assign(plan.headers, requestIdField(requestIdHeader, req))
      if (granted === undefined || plan.body.length === 0) {
        send(plan, undefined)
        return
      }
      const admitted = granted.guard.admit(granted.link, new RequestClient(req))
      if (!(admitted instanceof Promise)) {
        follow(plan, admitted)
        return
      }
      awaitFor(served, admitted, {
        onValue: value => {
          follow(plan, value)
        },
        onLate: closeTrack,
        onFault: fail,
      })
    } catch (error) {
      fail(error)
    }
  }
}

/** A shared cache serves its copy to everybody, and so to those whom the terms of a link refuse. */
function cacheControlOf(
  { cacheVisibility, cacheMaxAge }: RespondSettings,
  { grant, granted }: ServedRequest,
  time: number,
): string {
  const policy = { visibility: cacheVisibility, maxAge: cacheMaxAge }
  if (grant === undefined) return formatCacheControl(policy, undefined)
  const left = granted === undefined ? grant.expires - time : granted.guard.secondsLeft(grant, time)
  const isOwn = hasTerms(grant) || granted?.guard.hasSession(grant) === true
  return formatCacheControl(isOwn ? { ...policy, visibility: 'private' } : policy, left)
}

/** 20 random bytes: no content can be made to hold them. */
function makeBoundary(): string {
  return randomBytes(20).toString('hex')
}
