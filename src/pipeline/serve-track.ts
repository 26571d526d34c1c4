/** Serves tracks of any source: whole, by ranges, or not at all if the client's copy is current. */
import { randomBytes } from 'node:crypto'
import { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { deliver } from '../delivery/deliver'
import { removeFields } from '../delivery/write-head'
import { StreamError, unavailable } from '../errors'
import { formatCacheControl } from '../http/cache-control'
import { readRequestFields } from '../http/request-fields'
import { planResponse, type ResponseHeaders } from '../http/response-plan'
import { ClockError, createClock } from '../clock'
import type { Grant } from '../signing/verifier'
import { SourceFault, type OpenTrack, type Source } from '../source/source'
import type { Admission } from './admission'
import { checkId, checkMethod } from './check-request'
import { claimedId, type StreamRequest } from './stream-request'
import type { Observer } from './observer'
import type { RangeStreamOptions } from './track-options'

/** Another coding or framing than ours would make every range wrong. */
const FOREIGN_FIELDS = ['Content-Encoding', 'Transfer-Encoding']

/**
 * Serves a request. Calls `fail` once, with a StreamError unless something is broken, while nothing is written yet;
 * once something is, the response ends by itself. Never throws.
 */
export type ServeTrack = (
  req: StreamRequest,
  res: ServerResponse,
  fail: (error: unknown) => void,
  /** What the request was granted; undefined if no signature was asked for. */
  grant?: Grant,
) => void

export interface ServeTrackOptions extends Pick<
  Partial<RangeStreamOptions>,
  'cacheVisibility' | 'cacheMaxAge' | 'stallTimeout' | 'now'
> {
  /** Fields that every served response carries besides. */
  readonly fields?: ResponseHeaders | undefined
  readonly admit?: Admission | undefined
}

/** A request that is being served. */
interface ServedRequest {
  readonly req: StreamRequest
  readonly res: ServerResponse
  readonly id: string
  readonly method: 'GET' | 'HEAD'
  readonly grant: Grant | undefined
  /** Milliseconds, by the clock of `performance`. */
  readonly startedAt: number
  /** Aborts when the client leaves. */
  readonly abort: AbortController
  readonly fail: (error: unknown) => void
}

/** A version of a file may be replaced between two looks at it; a second time in a row is a fault of the storage. */
type Attempt = 'first' | 'retry'

export function createServeTrack(
  source: Source,
  settings: ServeTrackOptions,
  observer: Observer,
): ServeTrack {
  const { cacheVisibility = 'private', cacheMaxAge = 3600, stallTimeout = 60_000, fields, admit } = settings
  const now = createClock('rangeStream', settings.now)
  const cachePolicy = { visibility: cacheVisibility, maxAge: cacheMaxAge }

  function serveTrack(
    req: StreamRequest,
    res: ServerResponse,
    fail: (error: unknown) => void,
    grant?: Grant,
  ): void {
    if (isWaitingForTurn(req, res)) {
      // Node puts a head before all that waits to be flushed then, and so before a `100 Continue` that must precede it.
      res.once('socket', () => {
        process.nextTick(serveTrack, req, res, fail, grant)
      })
      return
    }
    if (res.destroyed) return
    try {
      const served = begin(req, res, fail, grant)
      if (served instanceof StreamError) fail(served)
      else open(served, 'first')
    } catch (error) {
      fail(error)
    }
  }

  function begin(
    req: StreamRequest,
    res: ServerResponse,
    fail: (error: unknown) => void,
    grant: Grant | undefined,
  ): ServedRequest | StreamError {
    const method = checkMethod(req, observer)
    if (method instanceof StreamError) return method
    // What was signed is what is opened, whatever the route says.
    const id = grant?.id ?? checkId(req, claimedId(req), observer)
    if (id instanceof StreamError) return id
    const refusal = admit?.(req, res)
    if (refusal !== undefined) return observer.refusal(req, refusal, { id })
    return { req, res, id, method, grant, startedAt: performance.now(), abort: new AbortController(), fail }
  }

  function open(served: ServedRequest, attempt: Attempt): void {
    const { id, res, abort } = served
    try {
      const opened = source.open(id, abort)
      if (!(opened instanceof Promise)) {
        respond(served, opened, attempt)
        return
      }
      function onClose(): void {
        abort.abort()
      }
      res.once('close', onClose)
      opened.then(
        track => {
          res.off('close', onClose)
          if (res.destroyed) track?.close()
          else respond(served, track, attempt)
        },
        (error: unknown) => {
          res.off('close', onClose)
          refuse(served, error)
        },
      )
    } catch (error) {
      refuse(served, error)
    }
  }

  function respond(served: ServedRequest, track: OpenTrack | undefined, attempt: Attempt): void {
    const { req, res, id, method, grant, startedAt, abort } = served
    if (track === undefined) {
      refuse(served, new StreamError('NOT_FOUND'))
      return
    }
    try {
      const time = now()
      const plan = planResponse(method, readRequestFields(req), track.representation, {
        now: time,
        cacheControl: formatCacheControl(cachePolicy, grant && grant.expires - time),
        fields,
        makeBoundary,
      })
      if (plan.kind === 'refuse') {
        track.close()
        refuse(served, new StreamError(plan.code, plan))
        return
      }
      const { status } = plan
      let firstByteMs: number | undefined
      removeFields(res, FOREIGN_FIELDS)
      deliver(res, plan, track, abort, {
        stallTimeout,
        onHead: () => {
          firstByteMs = performance.now() - startedAt
          observer.request(req, { id, keyIndex: grant?.keyIndex, status, firstByteMs })
        },
        onEnd: ({ outcome, bytesSent, cause }) => {
          track.close()
          if (outcome !== 'complete') abort.abort()
          const durationMs = performance.now() - startedAt
          if (firstByteMs === undefined)
            observer.request(req, { id, keyIndex: grant?.keyIndex, status, firstByteMs })
          observer.completion({ id, method, status, outcome, bytesSent, durationMs, firstByteMs, cause })
        },
        onFault: error => {
          track.close()
          if (isOutdated(error) && attempt === 'first') open(served, 'retry')
          else refuse(served, error)
        },
      })
    } catch (error) {
      track.close()
      refuse(served, error)
    }
  }

  /** The one way out while nothing is written. */
  function refuse({ req, id, fail }: ServedRequest, error: unknown): void {
    const refusal = asRefusal(error)
    fail(refusal === undefined ? error : observer.refusal(req, refusal, { id }))
  }

  return serveTrack
}

/** The refusal that a fault becomes; undefined for a bug, or a fault of the app. */
function asRefusal(error: unknown): StreamError | undefined {
  if (error instanceof StreamError) return error
  if (error instanceof SourceFault) return unavailable(error.cause ?? error)
  return error instanceof ClockError ? unavailable(error) : undefined
}

/**
 * Whether `res` belongs to a pipelined request whose turn has not come. It holds nothing until then, as it would not
 * learn that the connection closed. The response of a foreign host may never have a socket, and does not wait for one.
 */
function isWaitingForTurn({ socket }: StreamRequest, res: ServerResponse): boolean {
  return res.socket === null && res instanceof ServerResponse && socket instanceof Socket
}

function isOutdated(error: unknown): boolean {
  return error instanceof SourceFault && (error.kind === 'changed' || error.kind === 'truncated')
}

/** 20 bytes of chance: no content can be made to hold it. */
function makeBoundary(): string {
  return randomBytes(20).toString('hex')
}
