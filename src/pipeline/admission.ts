/** How many streams one client may have at a time. Only granted streams count, each from its turn on its connection. */
import type { ServerResponse } from 'node:http'
import { StreamError } from '../errors'
import { clientNetwork } from '../http/client-network'
import { clientIp, type StreamRequest } from './stream-request'

/** Seconds after which to try again: a stream ends when it ends. */
const RETRY_AFTER = '10'

/** Counts `res` as a stream until it closes, or returns the error `TOO_MANY_STREAMS`. */
export type Admission = (req: StreamRequest, res: ServerResponse) => StreamError | undefined

/** @param maxStreams for one client; 0 for no limit */
export function createAdmission(maxStreams: number): Admission {
  const streams = new Map<string, number>()

  function release(client: string): void {
    const count = (streams.get(client) ?? 0) - 1
    if (count > 0) streams.set(client, count)
    else streams.delete(client)
  }

  return function admit(req, res) {
    if (maxStreams === 0) return undefined
    const client = clientNetwork(clientIp(req))
    const count = streams.get(client) ?? 0
    if (count >= maxStreams) {
      return new StreamError('TOO_MANY_STREAMS', { headers: { 'Retry-After': RETRY_AFTER } })
    }
    streams.set(client, count + 1)
    res.once('close', () => {
      release(client)
    })
    return undefined
  }
}
