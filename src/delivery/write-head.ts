/** Writes the head of a response so that whatever stands around us can read it. */
import { channel } from 'node:diagnostics_channel'
import { ServerResponse, type OutgoingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import type { ResponseHeaders } from '../http/response-plan'

/**
 * Whether something besides Node may read the head afterwards: a serverless adapter, a middleware that patched the
 * response, or a logger that waits for its end. Asked before this package listens to the response itself.
 */
export function isWatched(res: ServerResponse): boolean {
  return !(
    res.socket instanceof Socket &&
    res.setHeader === ServerResponse.prototype.setHeader &&
    res.writeHead === ServerResponse.prototype.writeHead &&
    res.end === ServerResponse.prototype.end &&
    res.listenerCount('finish') <= OF_NODE &&
    res.listenerCount('close') === 0 &&
    !finishChannel.hasSubscribers
  )
}

/** Node's own listener for `finish`. */
const OF_NODE = 1

/** On which Node notifies tracers of each response. */
const finishChannel = channel('http.server.response.finish')

/**
 * `res.getHeaders()` does not know what is only handed to `writeHead`, so a head that is watched is set field by field,
 * which costs a small response a sixth more. `writeHead` may return nothing on a foreign host, so nothing is chained to it.
 */
export function writeHead(
  res: ServerResponse,
  status: number,
  headers: ResponseHeaders,
  isSeen = isWatched(res),
): void {
  if (!isSeen) {
    res.writeHead(status, headers as OutgoingHttpHeaders)
    return
  }
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
