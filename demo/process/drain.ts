/**
 * Ends the server without interrupting streams before their time is up, and counts those that were disconnected. The package
 * drains the streams; this drains the rest: the page, its event streams and the port.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DrainResult, StreamHandler, StreamLogger } from 'express-signed-stream'
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
  /** Called at the beginning, with the number of streams in progress. */
  readonly onBegin: (streams: number) => void
  /** Called when no new streams are accepted any more, to end what never ends by itself. */
  readonly onDraining: () => void
}

/** What became of the streams. */
export type DrainOutcome = Pick<DrainResult, 'finished' | 'left' | 'ended' | 'bytesOfEnded'>

/** Resolves when the last connection is closed. */
export async function drain({
  drainDelay,
  drainTimeout,
  drainStreams,
  traffic,
  openPort,
  onBegin,
  onDraining,
}: DrainOptions): Promise<DrainOutcome> {
  onBegin(traffic.streams)
  if (drainDelay > 0) {
    traffic.deregister()
    await sleep(drainDelay)
  }
  traffic.drain()
  openPort.stopAccepting()
  const drained = drainStreams({ timeout: drainTimeout })
  onDraining()
  await traffic.settled(drainTimeout)
  const outcome = await drained
  await openPort.close()
  return outcome
}

export interface DrainTimes {
  /** Milliseconds. */
  readonly drainDelay: number
  readonly drainTimeout: number
}

/** Logs the beginning; what it returns logs the end. */
export function logDrain(
  logger: StreamLogger,
  streams: number,
  { drainDelay, drainTimeout }: DrainTimes,
): (outcome: DrainOutcome) => void {
  const startedAt = performance.now()
  logger.info({ streams, delay_ms: drainDelay, timeout_ms: drainTimeout }, 'Draining')

  return function logDrained({ finished, left, ended, bytesOfEnded }) {
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
}
