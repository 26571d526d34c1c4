/** Streams: how many there are, how they end, how long they last and what they send. */
import type { StreamCompletionEvent, StreamOutcome } from '../events'
import type { Meters } from './meters'

/**
 * A range from memory is sent within 1 ms, a range that fills a player's buffer within seconds. A player that reads as
 * it plays takes as long as a song (5 min), an episode (1 h) or a book (hours).
 */
const DURATION_BUCKETS = [0.001, 0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400]

const OUTCOMES: Readonly<Record<StreamOutcome, true>> = {
  complete: true,
  client_abort: true,
  server_abort: true,
  stalled: true,
  truncated: true,
  changed: true,
  read_error: true,
  revoked: true,
  displaced: true,
  ended: true,
  offloaded: true,
}

export interface StreamMeter {
  readonly request: () => void
  readonly completion: (event: StreamCompletionEvent) => void
}

export function measureStreams(meters: Meters): StreamMeter {
  const active = meters.gauge({ name: 'active_streams', help: 'Responses in progress.' })
  const completions = meters.counter({
    name: 'completions_total',
    help: 'Responses that have ended, by outcome.',
    labelNames: ['outcome'],
  })
  const sentBytes = meters.counter({
    name: 'sent_bytes_total',
    help: 'Bytes of bodies that the operating system took, without those of refusals, when the response ends.',
  })
  const duration = meters.histogram(
    {
      name: 'duration_seconds',
      help: 'Time from the start of a request until its response ended, without refusals.',
    },
    DURATION_BUCKETS,
  )
  for (const outcome of Object.keys(OUTCOMES)) completions.inc({ outcome }, 0)

  let activeStreams = 0

  return {
    request() {
      active.set(++activeStreams)
    },
    completion({ outcome, bytesSent, durationMs }) {
      // A stream that began before the metrics were made was not counted then.
      activeStreams = Math.max(0, activeStreams - 1)
      active.set(activeStreams)
      completions.inc({ outcome })
      sentBytes.inc(bytesSent)
      duration.observe(durationMs / 1000)
    },
  }
}
