/** Requests: their responses, and the time until these began. */
import { STREAM_ERROR_CODES } from '../errors'
import type { StreamRefusalEvent, StreamRequestEvent } from '../events'
import type { Meters } from './meters'

/**
 * A response from memory begins within 0.5 ms, from a local disk within 10 ms, from a network disk within 100 ms. A
 * listener notices a second; after 10 s the storage is down.
 */
const FIRST_BYTE_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Those of RFC 9110, and PATCH. A client can send any other, each of which would be a time series of its own. */
const METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'TRACE'])

export interface RequestMeter {
  readonly request: (event: StreamRequestEvent) => void
  readonly refusal: (event: StreamRefusalEvent) => void
}

export function measureRequests(meters: Meters): RequestMeter {
  const requests = meters.counter({
    name: 'requests_total',
    help: 'Requests by method, status and code of the refusal (OK without one), when the response begins.',
    labelNames: ['method', 'status', 'code'],
  })
  const refusals = meters.counter({
    name: 'refusals_total',
    help: 'Refused requests by code.',
    labelNames: ['code'],
  })
  const firstByte = meters.histogram(
    {
      name: 'time_to_first_byte_seconds',
      help: 'Time from the start of a request until the head of its response was written, by status, without refusals.',
      labelNames: ['status'],
    },
    FIRST_BYTE_BUCKETS,
  )
  // Begins at 0, so that the first event shows as a rise.
  for (const code of STREAM_ERROR_CODES) refusals.inc({ code }, 0)

  return {
    request({ method, status, firstByteMs }) {
      requests.inc({ method: knownMethod(method), status, code: 'OK' })
      if (firstByteMs !== undefined) firstByte.observe({ status }, firstByteMs / 1000)
    },
    refusal({ method, status, code }) {
      requests.inc({ method: knownMethod(method), status, code })
      refusals.inc({ code })
    },
  }
}

/** `_OTHER` is OpenTelemetry's name for an unknown method. */
function knownMethod(method: string): string {
  return METHODS.has(method) ? method : '_OTHER'
}
