/** Refuses a request in front of the stream with 429 as the package does, so that players handle both in the same way. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StreamError, streamErrorHandler } from 'express-signed-stream'
import { REQUEST_ID_HEADER } from './request-id-header'
import type { CrossOrigin } from './cross-origin'

/** @param retryAfter seconds after which the client may try again */
export type Refuser = (
  req: IncomingMessage & { readonly id?: string },
  res: ServerResponse,
  retryAfter: number,
) => void

export function createRefuser(crossOrigin: CrossOrigin): Refuser {
  const respond = streamErrorHandler()

  return function refuse(req, res, retryAfter) {
    if (req.id !== undefined) res.setHeader(REQUEST_ID_HEADER, req.id)
    crossOrigin(req, res, () => {
      const headers = { 'Retry-After': String(retryAfter) }
      respond(new StreamError('TOO_MANY_STREAMS', { headers }), req, res, () => {
        // Something else has responded already.
      })
    })
  }
}
