/** Writes a plan to a response: never more bytes than promised, and never the last one of a body that is not whole. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { StreamOutcome } from '../events'
import { segmentLength } from '../http/multipart'
import type { ResponsePlan } from '../http/response-plan'
import { SourceFault, type OpenTrack } from '../source/source'
import { readSegments } from './segment-reader'
import { watchStall } from './watch-stall'

export interface Delivery {
  readonly outcome: StreamOutcome
  /** Body bytes that the operating system took. */
  readonly bytesSent: number
  readonly cause?: unknown
}

export interface DeliveryContext {
  /** Aborted when the response closes. */
  readonly signal: AbortSignal
  /** Milliseconds without progress after which a reader is cut; 0 for never. */
  readonly stallTimeout: number
}

/**
 * @throws SourceFault where the first chunk cannot be read: nothing is written yet, so another answer can be
 */
export async function deliver(
  res: ServerResponse,
  plan: Extract<ResponsePlan, { kind: 'send' }>,
  track: OpenTrack,
  { signal, stallTimeout }: DeliveryContext,
): Promise<Delivery> {
  const total = plan.body.reduce((sum, segment) => sum + segmentLength(segment), 0)
  const reader = readSegments(track, plan.body, signal)
  if (isOver(res, signal)) return { outcome: 'client_abort', bytesSent: 0 }
  let chunk = await reader.next()
  if (isOver(res, signal)) return { outcome: 'client_abort', bytesSent: 0 }

  const stall = watchStall(res, stallTimeout)
  let handedOver = 0
  let bytesSent = 0
  res.writeHead(plan.status, plan.headers)
  try {
    while (chunk !== undefined && handedOver + chunk.length < total) {
      handedOver += chunk.length
      if (!res.write(chunk)) {
        await once(res, 'drain', { signal })
        bytesSent = handedOver
      }
      chunk = await reader.next()
      signal.throwIfAborted()
    }
    const finished = once(res, 'finish', { signal })
    res.end(chunk)
    await finished
    return { outcome: 'complete', bytesSent: total }
  } catch (error) {
    if (signal.aborted) return { outcome: stall.hasStalled ? 'stalled' : 'client_abort', bytesSent }
    res.destroy()
    if (error instanceof SourceFault && error.kind !== 'unavailable') {
      return { outcome: error.kind, bytesSent, cause: error.cause }
    }
    return { outcome: 'read_error', bytesSent, cause: error }
  }
}

/** Whether there is no one left to answer, or somebody else has, a time-out of the app for example. */
function isOver(res: ServerResponse, signal: AbortSignal): boolean {
  return signal.aborted || res.headersSent
}
