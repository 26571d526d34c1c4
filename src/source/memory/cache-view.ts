import type { StreamCache } from '../../events'

/** For subscribers to events: they can read how much memory is used, and cannot change the cache by it. */
export function createCacheView(usedBytes: () => number): StreamCache {
  return Object.freeze({
    get usedBytes() {
      return usedBytes()
    },
  })
}
