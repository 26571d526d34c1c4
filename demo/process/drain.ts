/**
 * Ends the server without interrupting streams before their time is up, and logs how many were disconnected. The package
 * drains the streams; this drains the rest: the page, its event streams and the port.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamHandler, StreamLogger } from 'express-signed-stream'
import type { Traffic } from '../front/traffic'
import type { OpenPort } from './listen'

export interface DrainOptions {
  /** Milliseconds before the drain, for load balancers to react. */
  readonly drainDelay: number
  /** Milliseconds for streams in progress to finish. */
  readonly drainTimeout: number
  readonly drainStreams: StreamHandler['drain']
  readonly traffic: Traffic
  readonly openPort: OpenPort
  readonly logger: StreamLogger
  /** Called when no new streams are accepted any more, to end what never ends by itself. */
  readonly onDraining: () => void
}

/** Resolves when the last connection is closed. */
export async function drain({
  drainDelay,
  drainTimeout,
  drainStreams,
  traffic,
  openPort,
  logger,
  onDraining,
}: DrainOptions): Promise<void> {
  const startedAt = performance.now()
  logger.info({ streams: traffic.streams, delay_ms: drainDelay, timeout_ms: drainTimeout }, 'Draining')
  if (drainDelay > 0) {
    traffic.deregister()
    await sleep(drainDelay)
  }
  traffic.drain()
  openPort.stopAccepting()
  const drained = drainStreams({ timeout: drainTimeout })
  onDraining()
  await traffic.settled(drainTimeout)
  const { finished, left, ended, bytesOfEnded } = await drained
  await openPort.close()

  const fields = {
    streams_finished: finished,
    streams_left: left,
    streams_cut: ended,
    bytes_of_cut: bytesOfEnded,
    duration_ms: Math.round(performance.now() - startedAt),
  }
  if (ended > 0) logger.warn(fields, 'Drained: some streams were cut')
  else logger.info(fields, 'Drained')
}
