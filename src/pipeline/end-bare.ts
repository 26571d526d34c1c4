/** The last way to end a response, when no code of the app is left that could: a bare status, or a closed connection. */
import type { ServerResponse } from 'node:http'
import { isClosed, isHttp2, transportOf } from '../delivery/transport'
import { writeHead } from '../delivery/write-head'
import type { ResponseHeaders } from '../http/response-plan'

/** Ends `res` without details, unless it has ended: no connection is left hanging. Never throws. */
export function endBare(res: ServerResponse, status: number, headers?: ResponseHeaders): void {
  try {
    if (isClosed(res) || res.writableEnded) return
    if (!res.headersSent) {
      writeHead(res, status, { ...bareHeaders(res, status), ...headers })
      res.end()
      return
    }
  } catch {
    // What watches the heads of an app may throw at each of them, so no other head is tried.
  }
  abort(res)
}

/** After a fault, nobody knows what was read of the request: the connection closes. HTTP/2 has no such field. */
function bareHeaders(res: ServerResponse, status: number): ResponseHeaders {
  const isLast = status >= 500 && !isHttp2(res)
  return { 'Content-Length': 0, 'Cache-Control': 'no-store', ...(isLast && { Connection: 'close' }) }
}

function abort(res: ServerResponse): void {
  try {
    transportOf(res).abort()
  } catch {
    // A host without a connection has nothing to close.
  }
}
