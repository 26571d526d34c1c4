/** Logs and counts the streams that the package refuses because their client has too many. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { STREAM_CHANNELS, type StreamLogger, type StreamRefusalEvent } from 'express-signed-stream'
import { LRUCache } from 'lru-cache'
import { clientKey } from './client-address'
import type { LimitsOptions } from './limits'
import { requestContext } from './request-context'

export interface StreamLimitOptions extends Pick<LimitsOptions, 'onLimited'> {
  readonly logger: StreamLogger
  readonly maxStreamsPerClient: number
  /** As in the context of its requests. */
  readonly server: object
}

/** Milliseconds in which a client is logged once, and clients that are remembered: a flood must not fill the disk. */
const QUIET_TIME = 60_000
const MAX_CLIENTS = 10_000

/** @returns ends it */
export function watchStreamLimit({
  logger,
  maxStreamsPerClient,
  server,
  onLimited,
}: StreamLimitOptions): () => void {
  const logged = new LRUCache<string, true>({ max: MAX_CLIENTS, ttl: QUIET_TIME })

  function note(event: unknown): void {
    const { code, clientIp } = event as StreamRefusalEvent
    if (code !== 'TOO_MANY_STREAMS' || requestContext.getStore()?.server !== server) return
    onLimited?.('streams')
    const client = clientKey(clientIp)
    if (logged.has(client)) return
    logged.set(client, true)
    logger.warn({ client_ip: clientIp, streams: maxStreamsPerClient }, 'Too many streams at a time')
  }
  subscribe(STREAM_CHANNELS.refusal, note)
  return () => unsubscribe(STREAM_CHANNELS.refusal, note)
}
