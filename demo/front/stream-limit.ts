/** Logs and counts the streams that the package refuses because a client has too many of them. */
import type { StreamLogger } from 'express-signed-stream'
import { LRUCache } from 'lru-cache'
import { clientKey } from './client-address'
import type { OnLimited } from './limits'
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

/**
 * @param server as in the context of its requests
 * @returns stops watching
 */
export function watchStreamLimit(
  server: object,
  { logger, maxStreamsPerClient, onLimited }: StreamLimitOptions,
): () => void {
  const logged = new LRUCache<string, true>({ max: MAX_CLIENTS, ttl: QUIET_TIME })

  return subscribeToStreams(server, {
    refusal({ code, clientIp, requestId }) {
      if (code !== 'TOO_MANY_STREAMS') return
      onLimited?.('streams')
      const client = clientKey(clientIp)
      if (logged.has(client)) return
      logged.set(client, true)
      logger.warn(
        { client_ip: clientIp, streams: maxStreamsPerClient, request_id: requestId },
        'Too many streams at a time',
      )
    },
  })
}
