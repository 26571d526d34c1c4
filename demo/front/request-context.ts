/**
 * Which request code runs for, wherever its events lead. The package names no request in its events that would be unique,
 * so the context is kept by AsyncLocalStorage, which costs each request some microseconds on Node 20: it is used only for
 * requests that a page watches, and if one process runs several servers, as tests do.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface RequestContext {
  /** The server that responds: this process may run several. */
  readonly server: object
}

export const requestContext = new AsyncLocalStorage<RequestContext>()

/** Short, and without characters that mean something to a log or a terminal. */
const SAFE_ID = /^[A-Za-z0-9._:+=/@-]{1,128}$/

/** W3C Trace Context, section 3.2.2; an id of zeros only is invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/

/** Of this process, so that no other one gives the same ids. */
const PREFIX = randomBytes(8).toString('hex')

let lastNumber = 0

/**
 * From `X-Request-Id`, else the trace id of `traceparent`, else a new one. Not a UUID: to make and to check one takes more
 * than a microsecond, of some thirty for a small response.
 */
export function requestId({ 'x-request-id': given, traceparent }: IncomingHttpHeaders): string {
  if (typeof given === 'string' && SAFE_ID.test(given)) return given
  const traceId = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined
  return traceId ?? `${PREFIX}-${(lastNumber += 1).toString(36)}`
}
