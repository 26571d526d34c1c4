/** The calls of sources that are not a directory: how they end, what they bring, and how long they take to begin. */
import type { StreamFetchEvent } from '../events'
import type { Meters } from './meters'

/** A store in the same region responds within 10 to 100 ms; the time limit is some seconds. */
const FIRST_BYTE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

const OUTCOMES: Readonly<Record<StreamFetchEvent['outcome'], true>> = {
  complete: true,
  unchanged: true,
  not_found: true,
  aborted: true,
  changed: true,
  timed_out: true,
  failed: true,
}

export interface FetchMeter {
  readonly fetch: (event: StreamFetchEvent) => void
}

export function measureFetches(meters: Meters): FetchMeter {
  const fetches = meters.counter({
    name: 'source_fetches_total',
    help: 'Calls of a source that is not a directory, such as a GET to a store, by outcome.',
    labelNames: ['outcome'],
  })
  const retries = meters.counter({
    name: 'source_retries_total',
    help: 'Of these calls, those that repeated one that had failed.',
  })
  const fetchedBytes = meters.counter({
    name: 'source_fetched_bytes_total',
    help: 'Bytes of content that these calls brought; cache_read_bytes_total has what responses took of them.',
  })
  const firstByte = meters.histogram(
    { name: 'source_first_byte_seconds', help: 'Time from the start of a call until the source responded.' },
    FIRST_BYTE_BUCKETS,
  )
  for (const outcome of Object.keys(OUTCOMES)) fetches.inc({ outcome }, 0)

  return {
    fetch({ outcome, attempt, bytes, firstByteMs }) {
      fetches.inc({ outcome })
      if (attempt > 1) retries.inc()
      fetchedBytes.inc(bytes)
      if (firstByteMs !== undefined) firstByte.observe(firstByteMs / 1000)
    },
  }
}
