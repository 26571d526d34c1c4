/** The storage that the options name. */
import { resolve } from 'node:path'
import { createDiskSource } from '../source/disk/disk-source'
import type { Source } from '../source/source'
import type { TrackSettings } from './track-options'

const NO_CACHE = { maxBytes: 0, maxFiles: 0 }

type SourceSettings = Pick<TrackSettings, 'dir' | 'extensions' | 'entityTag' | 'cache'>

export function chooseSource({ dir, extensions, entityTag, cache }: SourceSettings): Source {
  const { maxBytes, maxFiles } = cache === false ? NO_CACHE : cache
  return createDiskSource({
    directory: resolve(dir),
    extensions,
    entityTag,
    cacheBytes: maxBytes,
    cacheFiles: maxFiles,
  })
}
