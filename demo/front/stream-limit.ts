/** Logs and counts the streams that are refused because a client has too many of them. */
import type { ServerResponse } from 'node:http'
import type { StreamLogger } from 'express-signed-stream'
import { LRUCache } from 'lru-cache'
import { clientKey } from './client-address'
import { createCrossOrigin } from './cross-origin'
import type { AddressedRequest, OnLimited } from './limits'
import { createRefuser } from './refuse'
import { subscribeToStreams } from './stream-events'

export interface StreamLimitOptions {
  readonly logger: StreamLogger
  /** For the log. */
  readonly maxStreamsPerClient: number
  readonly onLimited: OnLimited | undefined
}

/** Milliseconds between two log lines of one client, and the clients to remember: a flood must not fill the disk. */
const QUIET_TIME = 60_000
const MAX_CLIENTS = 10_000

export interface StreamLimit {
  /** Logs and counts a stream that was refused in front of the package. */
  onRefused(clientIp: string | undefined, requestId: unknown): void
  /** Stops watching. */
  close(): void
}

/** @param server as in the context of its requests */
export function watchStreamLimit(
  server: object,
  { logger, maxStreamsPerClient, onLimited }: StreamLimitOptions,
): StreamLimit {
  const logged = new LRUCache<string, true>({ max: MAX_CLIENTS, ttl: QUIET_TIME })

  function onRefused(clientIp: string | undefined, requestId: unknown): void {
    onLimited?.('streams')
    const client = clientKey(clientIp)
    if (logged.has(client)) return
    logged.set(client, true)
    logger.warn(
      { client_ip: clientIp, streams: maxStreamsPerClient, request_id: requestId },
      'Too many streams at a time',
    )
  }

  const close = subscribeToStreams(server, {
    refusal({ code, clientIp, requestId }) {
      if (code === 'TOO_MANY_STREAMS') onRefused(clientIp, requestId)
    },
  })
  return { onRefused, close }
}

/** Seconds after which to try again, as the package says. */
const RETRY_AFTER = 10

/** @param origin the origins whose pages may read refusals */
export function createStreamRefuser(
  limit: StreamLimit,
  origin: '*' | string[],
): (req: AddressedRequest, res: ServerResponse) => void {
  const refuse = createRefuser(createCrossOrigin(origin))
  return function refuseStream(req, res) {
    limit.onRefused(req.ip, req.id)
    refuse(req, res, RETRY_AFTER)
  }
}
