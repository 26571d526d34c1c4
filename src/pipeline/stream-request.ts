/** The shape of our middlewares: Node's own request and response, so that Express 4, Express 5 and `node:http` all fit. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { lastSegment, splitTarget } from '../http/request-target'
import { readTrackAddress, type TrackAddress } from '../track-address'
import type { Grant } from '../signing/authenticate-link'

/** A middleware for Express 4 and 5, Connect, or a chain of your own on `node:http`. */
export type StreamMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/** What a framework or an earlier middleware may have added to the request. */
export interface StreamRequest extends IncomingMessage {
  /** Express: the route's parameters; `id` is the track, perhaps with an extension. */
  params?: Readonly<Record<string, unknown>>
  /** Express: the target as it was sent, before mounting rewrote `url`. */
  readonly originalUrl?: string
  /** Express: the route that was matched, if one was. */
  readonly route?: unknown
  /** Express: the client's address, by its `trust proxy` setting. */
  readonly ip?: string | undefined
  /** pino-http, express-request-id and the like: the name of the request, which events and log lines carry. */
  readonly id?: unknown
  /** Set by `requireSignedUrl`. */
  grant?: Grant
}

/** The raw query, whatever the app's `query parser`. */
export function rawQuery(req: StreamRequest): string {
  return splitTarget(String(req.originalUrl ?? req.url)).query
}

/**
 * What claims to be the id, perhaps with an extension: `req.params.id`, or the last segment of the path if the route has
 * no parameter `id`.
 */
export function claimedId(req: StreamRequest): unknown {
  return req.params?.['id'] ?? lastSegment(splitTarget(String(req.url)).path)
}

/** The id that a request claims, and its extension, which `validateId` takes out of `req.params.id`. */
export function claimedAddress(req: StreamRequest): TrackAddress | undefined {
  const address = readTrackAddress(claimedId(req))
  // Without the parameter, the address is that of the path already.
  if (req.params?.['id'] === undefined || address === undefined || address.extension !== undefined) {
    return address
  }
  const { path } = splitTarget(String(req.url))
  if (!/[.%]/.test(path)) return address
  const ofPath = readTrackAddress(lastSegment(path))
  return ofPath?.id === address.id ? ofPath : address
}

/** Leaves `id` alone in `req.params.id`, for handlers that take no extension, such as those that sign. */
export function keepId(req: StreamRequest, id: string): void {
  if (req.params?.['id'] !== undefined) req.params = { ...req.params, id }
}

/** The request of a foreign host may have no socket, and an `ip` that is not a string. */
export function clientIp(req: StreamRequest): string | undefined {
  const { ip, socket } = req as Partial<StreamRequest>
  return typeof ip === 'string' ? ip : socket?.remoteAddress
}
