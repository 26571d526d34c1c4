/** Responds with an open track: decides the whole response, has it delivered, and reports it. */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Clock } from '../clock'
import { deliver } from '../delivery/deliver'
import { removeFields } from '../delivery/write-head'
import { StreamError } from '../errors'
import { formatCacheControl } from '../http/cache-control'
import { readRequestFields } from '../http/request-fields'
import { planResponse, type ResponseHeaders } from '../http/response-plan'
import type { OpenTrack, TrackRequest } from '../source/source'
import type { Observer } from './observer'
import type { StreamRequest } from './stream-request'

/** A coding or framing that the app set before us would make every range wrong. */
const FOREIGN_FIELDS = ['Content-Encoding', 'Transfer-Encoding']

export interface RespondSettings {
  readonly cacheVisibility: 'private' | 'public'
  /** Seconds. */
  readonly cacheMaxAge: number
  /** Milliseconds; 0 for never. */
  readonly stallTimeout: number
  readonly now: Clock
  /** Fields that every served response carries besides. */
  readonly extraHeaders?: ResponseHeaders | undefined
}

/** A request that is being served. */
export interface ServedRequest extends TrackRequest {
  readonly req: StreamRequest
  readonly res: ServerResponse
  readonly method: 'GET' | 'HEAD'
  /** What the extension in the path promises; undefined if there is none. */
  readonly mediaType: string | undefined
  /** Aborts when the client leaves. */
  readonly abort: AbortController
  readonly fail: (failure: unknown) => void
}

/**
 * Responds with `track`, and closes it in the end. While nothing is written, what prevents the response goes to
 * `onFailure` in its place: a StreamError, a fault of the source, or a bug. Never throws.
 */
export type Respond = (served: ServedRequest, track: OpenTrack, onFailure: (failure: unknown) => void) => void

export function createRespond(settings: RespondSettings, observer: Observer): Respond {
  const { cacheVisibility, cacheMaxAge, stallTimeout, now, extraHeaders } = settings
  const cachePolicy = { visibility: cacheVisibility, maxAge: cacheMaxAge }

  return function respond({ req, res, id, method, grant, startedAt, abort }, track, onFailure) {
    function fail(failure: unknown): void {
      track.close()
      onFailure(failure)
    }

    try {
      const time = now()
      const plan = planResponse(method, readRequestFields(req), track.representation, {
        now: time,
        cacheControl: formatCacheControl(cachePolicy, grant && grant.expires - time),
        extraHeaders,
        makeBoundary,
      })
      if (plan.kind === 'refuse') {
        fail(new StreamError(plan.code, plan))
        return
      }
      const { status, headers } = plan
      let firstByteMs: number | undefined
      function reportRequest(): void {
        observer.request(req, { id, keyIndex: grant?.keyIndex, status, headers, firstByteMs })
      }
      removeFields(res, FOREIGN_FIELDS)
      deliver(res, plan, track, abort, {
        stallTimeout,
        onHead: () => {
          firstByteMs = performance.now() - startedAt
          reportRequest()
        },
        onEnd: ({ outcome, bytesSent, cause }) => {
          track.close()
          if (outcome !== 'complete') abort.abort()
          const durationMs = performance.now() - startedAt
          if (firstByteMs === undefined) reportRequest()
          observer.completion({ id, method, status, outcome, bytesSent, durationMs, firstByteMs, cause })
        },
        onFault: fail,
      })
    } catch (error) {
      fail(error)
    }
  }
}

/** 20 random bytes: no content can be made to hold them. */
function makeBoundary(): string {
  return randomBytes(20).toString('hex')
}
