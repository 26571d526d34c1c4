/** Reads the fields of a request that a response depends on, as often as they were sent. */
import type { RequestFields } from './preconditions'

type Values = string | readonly string[] | undefined

/** What is needed of a request: Node's own, that of HTTP/2, or one that a test or an adapter made. */
export interface RequestLike {
  readonly headers?: Readonly<Record<string, Values>>
  /** Names and values in turn, as sent. A request that no socket received may lack it. */
  readonly rawHeaders?: readonly string[]
  readonly headersDistinct?: Readonly<Record<string, readonly string[] | undefined>>
}

type DateField = 'if-modified-since' | 'if-unmodified-since'

/**
 * The fields of `req`, ready for `planResponse`. A date that was sent twice is left out: Node keeps the first, but a
 * date field with more than one member is ignored (RFC 9110, sections 13.1.3 and 13.1.4).
 */
export function readRequestFields(req: RequestLike): RequestFields {
  const headers = req.headers ?? {}
  const isAsNodeReadsIt =
    headers['if-modified-since'] === undefined &&
    headers['if-unmodified-since'] === undefined &&
    !Array.isArray(headers['range']) &&
    !Array.isArray(headers['if-match']) &&
    !Array.isArray(headers['if-none-match'])
  if (isAsNodeReadsIt) return headers
  return {
    range: joined(headers['range']),
    'if-match': joined(headers['if-match']),
    'if-none-match': joined(headers['if-none-match']),
    'if-modified-since': onlyDate(req, headers, 'if-modified-since'),
    'if-unmodified-since': onlyDate(req, headers, 'if-unmodified-since'),
    'if-range': headers['if-range'],
  }
}

function joined(values: Values): string | undefined {
  return typeof values === 'object' ? values.join(', ') : values
}

function onlyDate(
  req: RequestLike,
  headers: Readonly<Record<string, Values>>,
  name: DateField,
): string | undefined {
  const values = headers[name]
  if (values === undefined || timesSent(req, name) > 1) return undefined
  if (typeof values === 'string') return values
  return values.length === 1 ? values[0] : undefined
}

function timesSent({ rawHeaders, headersDistinct }: RequestLike, name: DateField): number {
  if (rawHeaders === undefined) return headersDistinct?.[name]?.length ?? 0
  let times = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const sent = rawHeaders[at]
    // The length first: few fields are as long, and their names need not be put in lower case.
    if (sent?.length === name.length && sent.toLowerCase() === name) times++
  }
  return times
}
