/** The end of the server: nobody is turned away before the time is up, and the log says who was. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { STREAM_CHANNELS, type StreamCompletionEvent, type StreamLogger } from 'express-signed-stream'
import type { DemoConfig } from '../settings/config'
import type { Listener } from './listen'
import { requestContext } from '../front/request-context'
import type { Traffic } from '../front/traffic'

export interface DrainOptions extends Pick<DemoConfig, 'drainDelay' | 'drainTimeout'> {
  readonly traffic: Traffic
  readonly listener: Listener
  readonly logger: StreamLogger
  /** Called when nothing new is taken any more: ends what never ends by itself. */
  readonly onDraining: () => void
}

/** Milliseconds for what is cut to end. */
const PATIENCE = 1000

/** How the streams ended that were under way when the drain began, and those that began in the delay. */
interface Tally {
  finished: number
  /** By their clients, or because they stood still. */
  left: number
  cut: number
  /** Body bytes that those which were cut had got. */
  bytesOfCut: number
}

/** Resolves when the last connection is gone. */
export async function drain({
  traffic,
  listener,
  logger,
  drainDelay,
  drainTimeout,
  onDraining,
}: DrainOptions): Promise<void> {
  const startedAt = performance.now()
  const tally: Tally = { finished: 0, left: 0, cut: 0, bytesOfCut: 0 }
  function count(event: unknown): void {
    const { outcome, bytesSent } = event as StreamCompletionEvent
    const context = requestContext.getStore()
    // Of another server in this process.
    if (context?.server !== traffic) return
    if (context.isCut) tally.bytesOfCut += bytesSent
    else if (outcome === 'complete') tally.finished += 1
    else tally.left += 1
  }
  subscribe(STREAM_CHANNELS.completion, count)

  const streams = traffic.streams.length
  logger.info({ streams, delay_ms: drainDelay, timeout_ms: drainTimeout }, 'Draining')
  if (drainDelay > 0) {
    traffic.phase = 'leaving'
    await sleep(drainDelay)
  }
  traffic.drain()
  listener.stopAccepting()
  onDraining()
  await traffic.settled(drainTimeout)

  for (const { req, context } of traffic.streams) {
    context.isCut = true
    tally.cut += 1
    req.socket.destroy()
  }
  // A server is closed before its last sockets say so, and what they had got is not known until then.
  await traffic.settled(PATIENCE)
  await listener.close()
  unsubscribe(STREAM_CHANNELS.completion, count)

  const fields = {
    streams_finished: tally.finished,
    streams_left: tally.left,
    streams_cut: tally.cut,
    bytes_of_cut: tally.bytesOfCut,
    duration_ms: Math.round(performance.now() - startedAt),
  }
  if (tally.cut > 0) logger.warn(fields, 'Drained: some streams were cut')
  else logger.info(fields, 'Drained')
}
