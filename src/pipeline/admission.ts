/** How many streams one client may have at a time. Only granted streams count, each from its turn on its connection. */
import { StreamError } from '../errors'
import { clientNetwork } from '../http/client-network'
import { clientIp, type StreamRequest } from './stream-request'

/** Seconds after which to try again: a stream ends when it ends. */
const RETRY_AFTER = '10'

/** Counts a stream, and returns what ends that; or the error `TOO_MANY_STREAMS`. */
export type Admission = (req: StreamRequest) => (() => void) | StreamError

/** @param maxStreams for one client; 0 for no limit */
export function createAdmission(maxStreams: number): Admission {
  const streams = new Map<string, number>()

  return function admit(req) {
    if (maxStreams === 0) return countNothing
    const client = clientNetwork(clientIp(req))
    const count = streams.get(client) ?? 0
    if (count >= maxStreams) {
      return new StreamError('TOO_MANY_STREAMS', { headers: { 'Retry-After': RETRY_AFTER } })
    }
    streams.set(client, count + 1)
    return function release() {
      const left = (streams.get(client) ?? 0) - 1
      if (left > 0) streams.set(client, left)
      else streams.delete(client)
    }
  }
}

function countNothing(): void {
  // There is no limit.
}
