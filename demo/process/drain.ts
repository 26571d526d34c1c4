/** Ends the server without interrupting streams before their time is up, and logs how many it had to disconnect. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamLogger } from 'express-signed-stream'
import { subscribeToStreams } from '../front/stream-events'
import type { Traffic } from '../front/traffic'
import type { OpenPort } from './listen'

export interface DrainOptions {
  /** Milliseconds before the drain, for load balancers to react. */
  readonly drainDelay: number
  /** Milliseconds for streams in progress to finish. */
  readonly drainTimeout: number
  readonly traffic: Traffic
  readonly openPort: OpenPort
  readonly logger: StreamLogger
  /** Called when no new streams are accepted any more, to end what never ends by itself. */
  readonly onDraining: () => void
}

/** Milliseconds for disconnected streams to report their end. */
const PATIENCE = 1000

/** How the streams ended that were in progress when the drain began, or began during the delay. */
interface Tally {
  finished: number
  /** Ended by their clients, or because they stalled. */
  left: number
  disconnected: number
  /** Body bytes that disconnected streams had sent. */
  bytesOfDisconnected: number
}

/** Resolves when the last connection is closed. */
export async function drain({
  traffic,
  openPort,
  logger,
  drainDelay,
  drainTimeout,
  onDraining,
}: DrainOptions): Promise<void> {
  const startedAt = performance.now()
  const tally: Tally = { finished: 0, left: 0, disconnected: 0, bytesOfDisconnected: 0 }
  const unsubscribe = subscribeToStreams(traffic, {
    completion({ outcome, bytesSent }, { isDisconnected }) {
      if (isDisconnected) tally.bytesOfDisconnected += bytesSent
      else if (outcome === 'complete') tally.finished += 1
      else tally.left += 1
    },
  })

  const streams = traffic.streams.length
  logger.info({ streams, delay_ms: drainDelay, timeout_ms: drainTimeout }, 'Draining')
  if (drainDelay > 0) {
    traffic.deregister()
    await sleep(drainDelay)
  }
  traffic.drain()
  openPort.stopAccepting()
  onDraining()
  await traffic.settled(drainTimeout)

  for (const { req, context } of traffic.streams) {
    context.isDisconnected = true
    tally.disconnected += 1
    req.socket.destroy()
  }
  // A server reports that it is closed before its last sockets do, and only then it is known what they had sent.
  await traffic.settled(PATIENCE)
  await openPort.close()
  unsubscribe()

  const fields = {
    streams_finished: tally.finished,
    streams_left: tally.left,
    streams_cut: tally.disconnected,
    bytes_of_cut: tally.bytesOfDisconnected,
    duration_ms: Math.round(performance.now() - startedAt),
  }
  if (tally.disconnected > 0) logger.warn(fields, 'Drained: some streams were cut')
  else logger.info(fields, 'Drained')
}
