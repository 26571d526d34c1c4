/** The whole answer to an authorised GET or HEAD, decided before a byte is written. */
import type { StreamErrorCode } from '../errors'
import { formatContentRange, lengthOf, parseRange } from './byte-range'
import { formatHttpDate } from './http-date'
import { planMultipart, type Segment } from './multipart'
import { appliesRange, evaluatePreconditions, type RequestFields } from './preconditions'
import { PROTECTIVE_HEADERS } from './protective-headers'
import type { Representation, Validators } from './representation'

export type ResponseHeaders = Readonly<Record<string, string | number>>

export type ResponsePlan =
  | {
      readonly kind: 'send'
      readonly status: 200 | 206 | 304
      readonly headers: ResponseHeaders
      /** What follows the head, in order; empty for HEAD and 304. */
      readonly body: readonly Segment[]
    }
  | {
      readonly kind: 'refuse'
      readonly code: Extract<StreamErrorCode, 'PRECONDITION_FAILED' | 'RANGE_NOT_SATISFIABLE'>
      readonly headers: Readonly<Record<string, string>>
    }

export interface PlanContext {
  /** Seconds since the epoch. */
  readonly now: number
  readonly cacheControl: string
  /** Fields that the answer carries besides. */
  readonly fields?: ResponseHeaders | undefined
  /** A fresh boundary for `multipart/byteranges`. */
  readonly makeBoundary: () => string
}

/** Preconditions come before ranges (RFC 9110, section 13.2.1), and ranges are for GET alone (section 14.2). */
export function planResponse(
  method: 'GET' | 'HEAD',
  fields: RequestFields,
  representation: Representation,
  context: PlanContext,
): ResponsePlan {
  const { size, mediaType } = representation
  const common = commonHeaders(representation, context)

  switch (evaluatePreconditions(fields, representation, context.now)) {
    case 'failed':
      return { kind: 'refuse', code: 'PRECONDITION_FAILED', headers: {} }
    case 'not-modified':
      // Without what describes a body (RFC 9110, section 15.4.5).
      return { kind: 'send', status: 304, headers: common, body: [] }
    case 'proceed':
  }

  const isRanged = method === 'GET' && appliesRange(fields, representation, context.now)
  const outcome = parseRange(isRanged ? fields.range : undefined, size)
  switch (outcome.kind) {
    case 'unsatisfiable':
      return {
        kind: 'refuse',
        code: 'RANGE_NOT_SATISFIABLE',
        headers: { 'Content-Range': `bytes */${size}` },
      }
    case 'partial': {
      const [range, ...others] = outcome.ranges
      if (others.length === 0) {
        const headers = {
          'Content-Type': mediaType,
          'Content-Length': lengthOf(range),
          'Content-Range': formatContentRange(range, size),
          ...common,
        }
        return { kind: 'send', status: 206, headers, body: [{ kind: 'range', range }] }
      }
      const multipart = planMultipart(outcome.ranges, representation, context.makeBoundary())
      if (multipart.contentLength <= size) {
        const headers = {
          'Content-Type': multipart.contentType,
          'Content-Length': multipart.contentLength,
          ...common,
        }
        return { kind: 'send', status: 206, headers, body: multipart.segments }
      }
      break
    }
    case 'whole':
  }

  const headers = { 'Content-Type': mediaType, 'Content-Length': size, ...common }
  const isBodyless = method === 'HEAD' || size === 0
  const body: readonly Segment[] = isBodyless ? [] : [{ kind: 'range', range: { first: 0, last: size - 1 } }]
  return { kind: 'send', status: 200, headers, body }
}

/** What 200, 206, 304 and HEAD have alike. */
function commonHeaders(
  { etag, lastModified }: Validators,
  { now, cacheControl, fields }: PlanContext,
): ResponseHeaders {
  return {
    'Accept-Ranges': 'bytes',
    ETag: etag,
    // Never later than the answer's own date (RFC 9110, section 8.8.2.1).
    ...(lastModified !== undefined && { 'Last-Modified': formatHttpDate(Math.min(lastModified, now)) }),
    'Cache-Control': cacheControl,
    ...PROTECTIVE_HEADERS,
    ...fields,
  }
}
