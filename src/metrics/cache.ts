/** The memory cache: which reads of the storage it saves, and what it holds. */
import type { StreamCache, StreamReadEvent } from '../events'
import type { Meters } from './meters'

export interface CacheMeter {
  readonly read: (event: StreamReadEvent) => void
}

const RESULTS = { memory: 'hit', disk: 'miss', store: 'miss' } as const

export function measureCache(meters: Meters): CacheMeter {
  const reads = meters.counter({
    name: 'cache_reads_total',
    help: 'Chunks of content read for responses: a hit was in memory, a miss had to be waited for.',
    labelNames: ['result'],
  })
  const readBytes = meters.counter({
    name: 'cache_read_bytes_total',
    help: 'Bytes of content read for responses, as they are read: a hit was in memory, a miss had to be waited for.',
    labelNames: ['result'],
  })
  for (const result of new Set(Object.values(RESULTS))) {
    reads.inc({ result }, 0)
    readBytes.inc({ result }, 0)
  }

  // Weak, so that a router which the app no longer uses can be collected.
  const caches = new Set<WeakRef<StreamCache>>()
  const known = new WeakSet<StreamCache>()
  meters.gauge({ name: 'cache_used_bytes', help: 'Bytes of content held in memory.' }, () => {
    let usedBytes = 0
    for (const reference of caches) {
      const cache = reference.deref()
      if (cache === undefined) caches.delete(reference)
      else usedBytes += cache.usedBytes
    }
    return usedBytes
  })

  return {
    read({ origin, bytes, cache }) {
      const result = RESULTS[origin]
      reads.inc({ result })
      readBytes.inc({ result }, bytes)
      if (cache === undefined || known.has(cache)) return
      known.add(cache)
      caches.add(new WeakRef(cache))
    },
  }
}
