/** Plans the whole response to an authorised GET or HEAD before a byte is written. */
import type { StreamErrorCode } from '../errors'
import type { Segment } from './body'
import { formatContentRange, lengthOf, parseRange } from './byte-range'
import { formatDownload } from './content-disposition'
import { formatHttpDate } from './http-date'
import { planMultipart } from './multipart'
import { appliesRange, evaluatePreconditions, type RequestFields } from './preconditions'
import type { Representation } from './representation'
import { createServedFields, type ServedHeaders } from './served-fields'

export type ResponseHeaders = Readonly<Record<string, string | number | readonly string[]>>

export interface SendPlan {
  readonly kind: 'send'
  readonly status: 200 | 206 | 302 | 304
  /** Of this response alone. */
  readonly headers: ServedHeaders
  /** The body, in order; empty for HEAD and 304. */
  readonly body: readonly Segment[]
  /** Whether another server sends the body. */
  readonly isOffloaded?: true
}

export type ResponsePlan =
  | SendPlan
  | {
      readonly kind: 'refuse'
      readonly code: Extract<StreamErrorCode, 'PRECONDITION_FAILED' | 'RANGE_NOT_SATISFIABLE'>
      readonly headers: Readonly<Record<string, string>>
    }

export interface PlanContext {
  /** Seconds since the epoch. */
  readonly now: number
  readonly cacheControl: string
  /** The name under which a client saves the track, in place of playing it; undefined if it plays. */
  readonly downloadName?: string | undefined
  /** Makes a new boundary for `multipart/byteranges`. */
  readonly makeBoundary: () => string
}

/** Preconditions come before ranges (RFC 9110, section 13.2.1), and ranges are for GET alone (section 14.2). */
export type PlanResponse = (
  method: 'GET' | 'HEAD',
  requestFields: RequestFields,
  representation: Representation,
  context: PlanContext,
) => ResponsePlan

/** @param extraHeaders fields that every served response carries besides */
export function createPlanner(extraHeaders?: ResponseHeaders): PlanResponse {
  const fieldsOf = createServedFields(extraHeaders)

  return function planResponse(method, requestFields, representation, context) {
    const { size } = representation
    const { now } = context
    const fields = fieldsOf(representation)

    switch (evaluatePreconditions(requestFields, representation, now)) {
      case 'failed':
        return { kind: 'refuse', code: 'PRECONDITION_FAILED', headers: {} }
      case 'not-modified':
        return {
          kind: 'send',
          status: 304,
          headers: complete(fields.notModified, representation, context),
          body: [],
        }
      case 'proceed':
    }

    const isRanged = method === 'GET' && appliesRange(requestFields, representation, now)
    const outcome = parseRange(isRanged ? requestFields.range : undefined, size)
    switch (outcome.kind) {
      case 'unsatisfiable':
        return {
          kind: 'refuse',
          code: 'RANGE_NOT_SATISFIABLE',
          headers: { 'Content-Range': `bytes */${size}` },
        }
      case 'partial': {
        const [range] = outcome.ranges
        if (outcome.ranges.length === 1) {
          const headers = describe(fields.partial, representation, context)
          headers['Content-Length'] = lengthOf(range)
          headers['Content-Range'] = formatContentRange(range, size)
          return { kind: 'send', status: 206, headers, body: [{ kind: 'range', range }] }
        }
        const multipart = planMultipart(outcome.ranges, representation, context.makeBoundary())
        if (multipart.contentLength <= size) {
          const headers = describe(fields.whole, representation, context)
          headers['Content-Type'] = multipart.contentType
          headers['Content-Length'] = multipart.contentLength
          return { kind: 'send', status: 206, headers, body: multipart.segments }
        }
        break
      }
      case 'whole':
    }

    const headers = describe(fields.whole, representation, context)
    headers['Content-Length'] = size
    const isBodyless = method === 'HEAD' || size === 0
    const body: readonly Segment[] = isBodyless
      ? []
      : [{ kind: 'range', range: { first: 0, last: size - 1 } }]
    return { kind: 'send', status: 200, headers, body }
  }
}

/** A copy of `prepared` with what only this response has: what reports it, or sets a cookie, may add to it. */
function complete(
  prepared: Readonly<ServedHeaders>,
  { lastModified }: Representation,
  { now, cacheControl }: PlanContext,
): ServedHeaders {
  const headers = { ...prepared }
  headers['Cache-Control'] = cacheControl
  // Never later than the date of the response (RFC 9110, section 8.8.2.1).
  if (lastModified !== undefined && lastModified > now) headers['Last-Modified'] = formatHttpDate(now)
  return headers
}

function describe(
  prepared: Readonly<ServedHeaders>,
  representation: Representation,
  context: PlanContext,
): ServedHeaders {
  const headers = complete(prepared, representation, context)
  if (context.downloadName !== undefined)
    headers['Content-Disposition'] = formatDownload(context.downloadName)
  return headers
}
