/** The request that code runs for, wherever its events lead. Each line of the log carries its id. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface RequestContext {
  /** From `X-Request-Id`, else the trace id of `traceparent`, else a random one. */
  readonly id: string
  /** The server that responds: this process may run several. */
  readonly server: object
}

export const requestContext = new AsyncLocalStorage<RequestContext>()

/** Short, and without characters that mean something to a log or a terminal. */
const SAFE_ID = /^[A-Za-z0-9._:+=/@-]{1,128}$/

/** W3C Trace Context, section 3.2.2; an id of zeros only is invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/

export function createRequestContext(headers: IncomingHttpHeaders, server: object): RequestContext {
  return { id: requestId(headers), server }
}

function requestId({ 'x-request-id': given, traceparent }: IncomingHttpHeaders): string {
  if (typeof given === 'string' && SAFE_ID.test(given)) return given
  const traceId = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined
  return traceId ?? randomUUID()
}
