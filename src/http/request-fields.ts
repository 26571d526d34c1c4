/** Reads the fields of a request that a response depends on, and detects repeated ones that Node hides. */
import type { RequestFields } from './preconditions'

type Values = string | readonly string[] | undefined

/** The part of a request that is read here. It may be a request of HTTP/1 or HTTP/2, of a test, or of a serverless adapter. */
export interface RequestLike {
  readonly headers?: Readonly<Record<string, Values>>
  /** Names and values alternate, as sent. A request that did not come from a socket may not have it. */
  readonly rawHeaders?: readonly string[]
  readonly headersDistinct?: Readonly<Record<string, readonly string[] | undefined>>
}

type DateField = 'if-modified-since' | 'if-unmodified-since'

/**
 * The fields of `req` for `planResponse`. A date field that was sent twice is left out: Node keeps the first value, but
 * a date field with more than one member must be ignored (RFC 9110, sections 13.1.3 and 13.1.4).
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
    range: joinLines(headers['range']),
    'if-match': joinLines(headers['if-match']),
    'if-none-match': joinLines(headers['if-none-match']),
    'if-modified-since': readSingleDate(req, headers, 'if-modified-since'),
    'if-unmodified-since': readSingleDate(req, headers, 'if-unmodified-since'),
    'if-range': headers['if-range'],
  }
}

function joinLines(values: Values): string | undefined {
  return typeof values === 'object' ? values.join(', ') : values
}

function readSingleDate(
  req: RequestLike,
  headers: Readonly<Record<string, Values>>,
  name: DateField,
): string | undefined {
  const values = headers[name]
  if (values === undefined || countLines(req, name) > 1) return undefined
  if (typeof values === 'string') return values
  return values.length === 1 ? values[0] : undefined
}

function countLines({ rawHeaders, headersDistinct }: RequestLike, name: DateField): number {
  if (rawHeaders === undefined) return headersDistinct?.[name]?.length ?? 0
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const sent = rawHeaders[at]
    // Comparing lengths first avoids a lower-case copy of almost every name.
    if (sent?.length === name.length && sent.toLowerCase() === name) count++
  }
  return count
}
