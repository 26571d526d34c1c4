/** The storage that the options ask for. */
import { resolve } from 'node:path'
import { AUDIO_EXTENSIONS } from '../http/media-type'
import { createDiskSource } from '../source/disk/disk-source'
import type { Source } from '../source/source'
import type { RangeStreamOptions } from './track-options'

/** @throws TypeError where `dir` was not given */
export function createSource(settings: Partial<RangeStreamOptions>, maker: string): Source {
  if (settings.dir === undefined) throw new TypeError(`Cannot make ${maker}: dir is missing`)
  return createDiskSource({
    directory: resolve(settings.dir),
    extensions: settings.extensions ?? AUDIO_EXTENSIONS,
    entityTag: settings.entityTag ?? 'stat',
    cacheBytes: settings.cache === false ? 0 : (settings.cache?.maxBytes ?? 64 * 1024 * 1024),
    cacheFiles: settings.cache === false ? 0 : (settings.cache?.maxFiles ?? 256),
  })
}
