/** Refuses a request in front of the stream as the package refuses one, so that players handle both in the same way. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StreamError, streamErrorHandler } from 'express-signed-stream'
import type { CrossOrigin } from './cross-origin'

/** With the status 429 or 503. Only clients that prefer JSON see the code. */
type RefusalCode = 'TOO_MANY_STREAMS' | 'SOURCE_UNAVAILABLE'

/** @param retryAfter seconds after which the client may try again */
export type Refuser = (
  req: IncomingMessage,
  res: ServerResponse,
  code: RefusalCode,
  retryAfter: number,
) => void

export function createRefuser(crossOrigin: CrossOrigin): Refuser {
  const respond = streamErrorHandler()

  return function refuse(req, res, code, retryAfter) {
    crossOrigin(req, res, () => {
      const headers = { 'Retry-After': String(retryAfter) }
      respond(new StreamError(code, { headers }), req, res, () => {
        // Something else has responded already.
      })
    })
  }
}
