/** Responds with an open track: decides the whole response, asks whether its body may be sent, and sends it. */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Clock } from '../clock'
import { StreamError } from '../errors'
import { formatCacheControl, type CachePolicy } from '../http/cache-control'
import { readRequestFields } from '../http/request-fields'
import { createPlanner, type ResponseHeaders, type SendPlan } from '../http/response-plan'
import { hasTerms, type GrantedLink } from '../links/granted-link'
import type { Admitted } from '../links/body-admission'
import type { OpenTrack, TrackRequest } from '../source/source'
import { awaitFor } from './await-for'
import type { GrantedStream } from './granted-stream'
import type { Offload } from './offload/choose-offload'
import { TRACK_OF_THE_STORE } from './offload/offload-to-store'
import type { Observer } from './observer'
import { RequestClient } from './request-client'
import { setRequestId } from './request-id-field'
import { StreamResponse } from './stream-response'
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
  /** Undefined if this process sends all bytes. */
  readonly offload?: Offload | undefined
  /** The field that carries the id of the request; undefined for none. */
  readonly requestIdHeader?: string | undefined
}

/** A version of a track may be replaced between two looks at it; a second time in a row is a fault of the storage. */
export type Attempt = 'first' | 'retry'

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
  attempt: Attempt
}

/** Called once while nothing is written, with what prevents the response: a StreamError, a fault of the source, or a bug. */
export type OnFailure = (served: ServedRequest, failure: unknown) => void

/** Responds with `track`, and closes it in the end. Never throws. */
export type Respond = (served: ServedRequest, track: OpenTrack) => void

export function createRespond(settings: RespondSettings, observer: Observer, onFailure: OnFailure): Respond {
  const {
    stallTimeout,
    now,
    extraHeaders,
    requestIdHeader,
    cacheVisibility,
    cacheMaxAge,
    offload = {},
  } = settings
  const { toProxy, toStore } = offload
  // With a place for the id of each request: a field that is added to a copy costs a microsecond or two.
  const planResponse = createPlanner(
    requestIdHeader === undefined ? extraHeaders : { ...extraHeaders, [requestIdHeader]: '' },
  )
  const sending = { stallTimeout, observer, onFailure }
  const shared: CachePolicy = { visibility: cacheVisibility, maxAge: cacheMaxAge }
  // A shared cache serves its copy to everybody, and so to those whom the terms of a link refuse.
  const own: CachePolicy = { visibility: 'private', maxAge: cacheMaxAge }

  return function respond(served, track) {
    const { req, method, grant, granted } = served
    try {
      // The clock that checked the link decides how long a copy may be kept.
      const time = granted === undefined ? now() : granted.guard.settings.now()
      if (track === TRACK_OF_THE_STORE && toStore !== undefined) {
        wait(served, track, toStore.plan(served, secondsLeft(served, time)), plan => {
          admit(served, track, plan)
        })
        return
      }
      const cacheControl = cacheControlOf(served, time)
      const plan =
        toProxy?.(served, track, cacheControl) ??
        planResponse(method, readRequestFields(req), track.representation, {
          now: time,
          cacheControl,
          downloadName: grant?.downloadName,
          makeBoundary,
        })
      if (plan.kind === 'refuse') fail(served, track, new StreamError(plan.code, plan))
      else admit(served, track, plan)
    } catch (error) {
      fail(served, track, error)
    }
  }

  /** Asks whether the body may be sent, by whom ever. */
  function admit(served: ServedRequest, track: OpenTrack, plan: SendPlan): void {
    const { req, method, granted } = served
    if (requestIdHeader !== undefined) setRequestId(plan.headers, requestIdHeader, req)
    const hasBody = plan.body.length > 0 || (plan.isOffloaded === true && method === 'GET')
    if (granted === undefined || !hasBody) {
      send(served, track, plan, undefined)
      return
    }
    const admitted = granted.guard.admit(granted, new RequestClient(req))
    if (admitted instanceof Promise) {
      wait(served, track, admitted, value => {
        follow(served, track, plan, value)
      })
    } else {
      follow(served, track, plan, admitted)
    }
  }

  function wait<T>(
    served: ServedRequest,
    track: OpenTrack,
    promise: Promise<T>,
    onValue: (value: T) => void,
  ): void {
    awaitFor(served, promise, {
      onValue,
      onLate: () => {
        track.close()
      },
      onFault: error => {
        fail(served, track, error)
      },
    })
  }

  function follow(
    served: ServedRequest,
    track: OpenTrack,
    plan: SendPlan,
    admitted: Admitted | StreamError,
  ): void {
    const { granted } = served
    if (admitted instanceof StreamError) fail(served, track, admitted)
    // Other nodes may have been asked meanwhile. What is revoked from here on ends a stream that is listed.
    else if (granted?.guard.isRevoked(granted.link) === true)
      fail(served, track, new StreamError('LINK_REVOKED'))
    else send(served, track, plan, admitted)
  }

  function send(
    served: ServedRequest,
    track: OpenTrack,
    plan: SendPlan,
    admitted: Admitted | undefined,
  ): void {
    new StreamResponse(served, track, plan, sending).begin(admitted)
  }

  function fail(served: ServedRequest, track: OpenTrack, failure: unknown): void {
    track.close()
    onFailure(served, failure)
  }

  function cacheControlOf(served: ServedRequest, time: number): string {
    const { grant, granted } = served
    if (grant === undefined) return formatCacheControl(shared, undefined)
    const isOwn =
      granted === undefined ? hasTerms(grant) : granted.hasTerms || granted.guard.hasSession(grant)
    return formatCacheControl(isOwn ? own : shared, secondsLeft(served, time))
  }
}

/** Undefined if no signature is required. */
function secondsLeft({ grant, granted }: ServedRequest, time: number): number | undefined {
  if (grant === undefined) return undefined
  return granted === undefined ? grant.expires - time : granted.guard.secondsLeft(grant, time)
}

/** 20 random bytes: no content can be made to hold them. */
function makeBoundary(): string {
  return randomBytes(20).toString('hex')
}
