/** Serves tracks of any source: whole, by ranges, or not at all where the client's copy is current. */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { deliver } from '../delivery/deliver'
import { StreamError } from '../errors'
import { formatCacheControl } from '../http/cache-control'
import { readRequestFields } from '../http/request-fields'
import { planResponse, type ResponseHeaders } from '../http/response-plan'
import { createClock } from '../clock'
import type { Grant } from '../signing/verifier'
import { SourceFault, type OpenTrack, type Source } from '../source/source'
import { claimedId, type StreamRequest } from './handler'
import type { Observer } from './observer'
import type { RangeStreamOptions } from './range-stream-options'
import { judgeId } from './validate-id'

/** Seconds after which a client may ask again. */
const RETRY_AFTER = '2'

/**
 * Serves a request. Calls `fail`, with a StreamError unless something is broken, while nothing is written yet; once
 * something is, the response ends by itself.
 */
export type TrackServer = (
  req: StreamRequest,
  res: ServerResponse,
  fail: (error: unknown) => void,
  /** What the request was granted; undefined where no signature was asked for. */
  grant?: Grant,
) => void

/** A request that is being served. */
interface Served {
  readonly req: StreamRequest
  readonly res: ServerResponse
  readonly id: string
  readonly method: 'GET' | 'HEAD'
  readonly grant: Grant | undefined
  /** Milliseconds, by the clock of `performance`. */
  readonly startedAt: number
  readonly fail: (error: unknown) => void
}

/** @param fields what every served answer carries besides */
export function createTrackServer(
  source: Source,
  settings: Pick<Partial<RangeStreamOptions>, 'cacheVisibility' | 'cacheMaxAge' | 'stallTimeout' | 'now'>,
  observer: Observer,
  fields?: ResponseHeaders,
): TrackServer {
  const { cacheVisibility = 'private', cacheMaxAge = 3600, stallTimeout = 60_000 } = settings
  const now = createClock('rangeStream', settings.now)
  const cachePolicy = { visibility: cacheVisibility, maxAge: cacheMaxAge }

  function serveTrack(...[req, res, fail, grant]: Parameters<TrackServer>): void {
    if (res.socket === null) {
      // A pipelined request holds nothing before its turn, and would not be told if the connection closed until then.
      // Node puts a head before all that waits to be flushed then, and so before a `100 Continue` that must precede it.
      res.once('socket', () => {
        process.nextTick(serveTrack, req, res, fail, grant)
      })
      return
    }
    if (res.destroyed) return
    try {
      const method = readMethod(req, observer)
      if (method instanceof StreamError) {
        fail(method)
        return
      }
      // What was signed is what is opened, whatever the route says.
      const id = grant?.id ?? judgeId(req, claimedId(req), observer)
      if (id instanceof StreamError) fail(id)
      else open({ req, res, id, method, grant, startedAt: performance.now(), fail }, false)
    } catch (error) {
      fail(error)
    }
  }

  /** @param isRetry whether the file was found to have changed since it was opened before */
  function open(served: Served, isRetry: boolean): void {
    const abort = new AbortController()
    const opened = source.open(served.id, abort)
    if (!(opened instanceof Promise)) {
      answer(served, opened, isRetry)
      return
    }
    function onClose(): void {
      abort.abort()
    }
    served.res.once('close', onClose)
    opened
      .then(track => {
        served.res.off('close', onClose)
        if (served.res.destroyed) track?.close()
        else answer(served, track, isRetry)
      })
      .catch((error: unknown) => {
        refuseFault(served, error)
      })
  }

  function answer(served: Served, track: OpenTrack | undefined, isRetry: boolean): void {
    const { req, res, id, method, grant, startedAt } = served
    if (track === undefined) throw observer.refusal(req, new StreamError('NOT_FOUND'), { id })
    try {
      const time = now()
      const plan = planResponse(method, readRequestFields(req), track.representation, {
        now: time,
        cacheControl: formatCacheControl(cachePolicy, grant && grant.expires - time),
        fields,
        makeBoundary,
      })
      if (plan.kind === 'refuse') throw observer.refusal(req, new StreamError(plan.code, plan), { id })
      let firstByteMs: number | undefined
      deliver(res, plan, track, {
        stallTimeout,
        onStart: hasHead => {
          if (hasHead) firstByteMs = performance.now() - startedAt
          observer.request(req, { id, keyIndex: grant?.keyIndex, status: plan.status, firstByteMs })
        },
        onEnd: ({ outcome, bytesSent, cause }) => {
          track.close()
          const durationMs = performance.now() - startedAt
          const { status } = plan
          observer.completion({ id, method, status, outcome, bytesSent, durationMs, firstByteMs, cause })
        },
        onFault: error => {
          track.close()
          const isOutdated =
            error instanceof SourceFault && (error.kind === 'changed' || error.kind === 'truncated')
          if (isOutdated && !isRetry) open(served, true)
          else refuseFault(served, error)
        },
      })
    } catch (error) {
      track.close()
      throw error
    }
  }

  function refuseFault({ req, id, fail }: Served, error: unknown): void {
    if (!(error instanceof SourceFault)) {
      fail(error)
      return
    }
    const details = { headers: { 'Retry-After': RETRY_AFTER }, cause: error.cause ?? error }
    fail(observer.refusal(req, new StreamError('SOURCE_UNAVAILABLE', details), { id }))
  }

  return serveTrack
}

/** The method of `req`, or the refusal `METHOD_NOT_ALLOWED` of any other than GET and HEAD. */
export function readMethod(req: StreamRequest, observer: Observer): 'GET' | 'HEAD' | StreamError {
  if (req.method === 'GET' || req.method === 'HEAD') return req.method
  return observer.refusal(req, new StreamError('METHOD_NOT_ALLOWED', { headers: { Allow: 'GET, HEAD' } }))
}

/** 20 bytes of chance: no content can be made to hold it. */
function makeBoundary(): string {
  return randomBytes(20).toString('hex')
}
