/** Header fields of served responses, prepared once for each version of a track: a copy costs less than a list of fields. */
import { COMMON_HEADERS } from './common-headers'
import { formatContentDisposition } from './content-disposition'
import { formatHttpDate } from './http-date'
import type { Representation } from './representation'

/** In the order in which they are sent. */
export type ServedHeaders = Record<string, string | number | readonly string[]>

/** What is to be copied, and completed with what only one response has: the empty values. */
export interface ServedFields {
  /** Of 206 with one range. */
  readonly partial: Readonly<ServedHeaders>
  /** Of 200, and of 206 with several ranges. */
  readonly whole: Readonly<ServedHeaders>
  /** Of 304: without the fields that describe a body (RFC 9110, section 15.4.5). */
  readonly notModified: Readonly<ServedHeaders>
}

export type PrepareFields = (representation: Representation) => ServedFields

/** @param extraHeaders fields that every response carries besides */
export function createServedFields(extraHeaders: Readonly<ServedHeaders> | undefined): PrepareFields {
  const prepared = new WeakMap<Representation, ServedFields>()

  function prepare({ mediaType, etag, lastModified, fileName }: Representation): ServedFields {
    const notModified = {
      'Accept-Ranges': 'bytes',
      ETag: etag,
      ...(lastModified !== undefined && { 'Last-Modified': formatHttpDate(lastModified) }),
      'Cache-Control': '',
      ...COMMON_HEADERS,
      ...extraHeaders,
    }
    const disposition = fileName && formatContentDisposition(fileName)
    const described = { ...notModified, ...(disposition && { 'Content-Disposition': disposition }) }
    const content = { 'Content-Type': mediaType, 'Content-Length': 0 }
    return {
      partial: { ...content, 'Content-Range': '', ...described },
      whole: { ...content, ...described },
      notModified,
    }
  }

  return function fieldsOf(representation) {
    let fields = prepared.get(representation)
    if (fields === undefined) {
      fields = prepare(representation)
      prepared.set(representation, fields)
    }
    return fields
  }
}
