/** Entity tags by content, for files whose time says nothing: images and archives often set it to 0 or 1. */
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { TrackReader } from './source'

/** How many tags are remembered; about 100 bytes each. */
const REMEMBERED = 10_000

/** Gives the tag of a version of a file, and reads the file only where it is not remembered. */
export type ContentTagger = (version: string, read: () => TrackReader) => Promise<string>

export function createContentTagger(): ContentTagger {
  // The cache lets requests that come together share one reading.
  const tags = new LRUCache<string, string, () => TrackReader>({
    max: REMEMBERED,
    fetchMethod: (_version, _stale, { context: read }) => hashAll(read()),
  })
  return (version, read) => tags.forceFetch(version, { context: read })
}

async function hashAll(reader: TrackReader): Promise<string> {
  const hash = createHash('sha256')
  for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) hash.update(chunk)
  return `"${hash.digest('base64url')}"`
}
