/** The storage that the options name. */
import { optionError } from '../options'
import { createDiskSource } from '../source/disk/disk-source'
import { fileOptions, readFileOptions, type FileSettings } from '../source/disk/file-options'
import { FileSource } from '../source/disk/file-source'
import type * as remote from '../source/remote/remote-source'
import type { Source } from '../source/source'
import type { Observer } from './observer'
import type { TrackSettings } from './track-options'

const NO_CACHE = { maxBytes: 0, maxFiles: 0 }

type SourceSettings = Pick<TrackSettings, keyof FileSettings | 'source' | 'cache'>

/**
 * @param maker of what serves the tracks
 * @throws TypeError that names the option that is missing, or that does not go with another one
 */
export function chooseSource(maker: string, settings: SourceSettings, observer: Observer): Source {
  const { source, cache } = settings
  const { maxBytes, maxFiles } = cache === false ? NO_CACHE : cache
  const ready = { cacheBytes: maxBytes, cacheFiles: maxFiles }
  const names = Object.keys(fileOptions) as (keyof FileSettings)[]
  if (source !== undefined) {
    const foreign = names.find(name => settings[name] !== undefined)
    if (foreign !== undefined) {
      throw optionError(
        TypeError,
        `make ${maker}`,
        foreign,
        'belongs to dir: give it to the source itself, or leave it out',
      )
    }
    if (source instanceof FileSource) return createDiskSource({ ...source.settings, ...ready })
    return loadRemote().createRemoteSource(source, { cacheBytes: maxBytes, onFetch: observer.fetch })
  }
  if (settings.dir === undefined) {
    throw optionError(TypeError, `make ${maker}`, 'dir', 'is missing: give dir, or a source')
  }
  const given = Object.fromEntries(names.map(name => [name, settings[name]]))
  return createDiskSource({ ...readFileOptions(maker, given), ...ready })
}

/** Loaded only for those who use it: its two dozen files are a fifth of what `require` of the package takes. */
function loadRemote(): typeof remote {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be loaded at once, or as a promise
  return require('../source/remote/remote-source') as typeof remote
}
