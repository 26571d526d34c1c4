/** Writes the head of a response so that whatever stands around us can read it. */
import type { ServerResponse } from 'node:http'
import type { ResponseHeaders } from '../http/response-plan'

/**
 * Field by field, for some 2 microseconds: `res.getHeaders()` does not know what is only handed to `writeHead`, and
 * serverless adapters and loggers take the head from there. `writeHead` may return nothing on a foreign host, so nothing is chained to it.
 */
export function writeHead(res: ServerResponse, status: number, headers: ResponseHeaders): void {
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) res.setHeader(name, value)
  }
  res.writeHead(status)
}

/** Takes back what the app set before us and is not true of this response. */
export function removeFields(res: ServerResponse, names: readonly string[]): void {
  for (const name of names) if (res.hasHeader(name)) res.removeHeader(name)
}
