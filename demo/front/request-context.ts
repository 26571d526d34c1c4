/** What is known of the request that is being answered, wherever its events lead: its id stands on each line of its log. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface RequestContext {
  /** From `X-Request-Id`, else the trace id of `traceparent`, else made here. */
  readonly id: string
  /** The server that responds: there may be others in this process, and channels are of the process. */
  readonly server: object
  /** Whether this server has cut the answer, because it was time to end. */
  isCut: boolean
}

export const requestContext = new AsyncLocalStorage<RequestContext>()

/** Bounded, and without what a log or a terminal might take for more than text. */
const SAFE_ID = /^[A-Za-z0-9._:+=/@-]{1,128}$/

/** W3C Trace Context, section 3.2.2; all zeros are no id. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/

export function createRequestContext(headers: IncomingHttpHeaders, server: object): RequestContext {
  return { id: requestId(headers), server, isCut: false }
}

function requestId({ 'x-request-id': given, traceparent }: IncomingHttpHeaders): string {
  if (typeof given === 'string' && SAFE_ID.test(given)) return given
  const traceId = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined
  return traceId ?? randomUUID()
}
