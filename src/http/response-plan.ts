/** Plans the whole response to an authorised GET or HEAD before a byte is written. */
import type { StreamErrorCode } from '../errors'
import type { Segment } from './body'
import { formatContentRange, lengthOf, parseRange } from './byte-range'
import { COMMON_HEADERS } from './common-headers'
import { formatContentDisposition, formatDownload } from './content-disposition'
import { formatHttpDate } from './http-date'
import { planMultipart } from './multipart'
import { appliesRange, evaluatePreconditions, type RequestFields } from './preconditions'
import type { Representation, Validators } from './representation'

export type ResponseHeaders = Readonly<Record<string, string | number | readonly string[]>>

export interface SendPlan {
  readonly kind: 'send'
  readonly status: 200 | 206 | 304
  readonly headers: ResponseHeaders
  /** The body, in order; empty for HEAD and 304. */
  readonly body: readonly Segment[]
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
  /** Further header fields of the response. */
  readonly extraHeaders?: ResponseHeaders | undefined
  /** Makes a new boundary for `multipart/byteranges`. */
  readonly makeBoundary: () => string
}

/** Preconditions come before ranges (RFC 9110, section 13.2.1), and ranges are for GET alone (section 14.2). */
export function planResponse(
  method: 'GET' | 'HEAD',
  requestFields: RequestFields,
  representation: Representation,
  context: PlanContext,
): ResponsePlan {
  const { size, mediaType } = representation
  const common = planCommonHeaders(representation, context)

  switch (evaluatePreconditions(requestFields, representation, context.now)) {
    case 'failed':
      return { kind: 'refuse', code: 'PRECONDITION_FAILED', headers: {} }
    case 'not-modified':
      // Without the fields that describe a body (RFC 9110, section 15.4.5).
      return { kind: 'send', status: 304, headers: common, body: [] }
    case 'proceed':
  }

  const described = describeFile(common, representation, context.downloadName)
  const isRanged = method === 'GET' && appliesRange(requestFields, representation, context.now)
  const outcome = parseRange(isRanged ? requestFields.range : undefined, size)
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
          ...described,
        }
        return { kind: 'send', status: 206, headers, body: [{ kind: 'range', range }] }
      }
      const multipart = planMultipart(outcome.ranges, representation, context.makeBoundary())
      if (multipart.contentLength <= size) {
        const headers = {
          'Content-Type': multipart.contentType,
          'Content-Length': multipart.contentLength,
          ...described,
        }
        return { kind: 'send', status: 206, headers, body: multipart.segments }
      }
      break
    }
    case 'whole':
  }

  const headers = { 'Content-Type': mediaType, 'Content-Length': size, ...described }
  const isBodyless = method === 'HEAD' || size === 0
  const body: readonly Segment[] = isBodyless ? [] : [{ kind: 'range', range: { first: 0, last: size - 1 } }]
  return { kind: 'send', status: 200, headers, body }
}

/** The header fields that 200, 206 and 304 share. */
function planCommonHeaders(
  { etag, lastModified }: Validators,
  { now, cacheControl, extraHeaders }: PlanContext,
): ResponseHeaders {
  return {
    'Accept-Ranges': 'bytes',
    ETag: etag,
    // Never later than the date of the response (RFC 9110, section 8.8.2.1).
    ...(lastModified !== undefined && { 'Last-Modified': formatHttpDate(Math.min(lastModified, now)) }),
    'Cache-Control': cacheControl,
    ...COMMON_HEADERS,
    ...extraHeaders,
  }
}

/** With the name of the file, which is metadata of the content and not for a 304 (RFC 9110, section 15.4.5). */
function describeFile(
  common: ResponseHeaders,
  { fileName }: Representation,
  downloadName: string | undefined,
): ResponseHeaders {
  const disposition =
    downloadName === undefined ? fileName && formatContentDisposition(fileName) : formatDownload(downloadName)
  return disposition === undefined ? common : { ...common, 'Content-Disposition': disposition }
}
