/** Files as a source that apps can pass on, or wrap in a source of their own. */
import { Buffer } from 'node:buffer'
import { toDate } from '../../http/http-date'
import { isTrackId } from '../../track-id'
import type {
  LocateContext,
  MaybePromise,
  OpenContext,
  ReadContext,
  SourceTrack,
  TrackLocation,
  TrackSource,
} from '../track-source'
import { untilAborted } from '../until-aborted'
import { createDiskSource, type DiskSource } from './disk-source'
import type { DiskTrack } from './disk-track'
import { readFileOptions, type DiskSettings, type FileSourceOptions } from './file-options'
import { isPathBelow, type FilePlace } from './locate-file'

/** Milliseconds, as for the descriptors of `dir`. */
const TRUST_FOR = 1000

/** Ends the type in a key. Neither a type, nor a path, nor an id contains it. */
const TYPE_END = '\0'

/**
 * Makes a source of the files below a directory. The option `dir`, with the options that belong to it, is short for it: a
 * router serves both in the same way, from open files and without copying.
 *
 * @throws TypeError that names the option that is wrong
 * @example
 * createStreamRouter({ source: fileSource({ dir: 'audio', resolve: pathFromId }), secret })
 */
export function fileSource(options: FileSourceOptions): TrackSource {
  return new FileSource(readFileOptions('fileSource', options))
}

/** Keeps nothing ready: callers of its methods have caches of their own, and a router calls none of them. */
export class FileSource implements TrackSource {
  readonly settings: DiskSettings
  readonly trustFor = TRUST_FOR
  readonly #disk: DiskSource

  constructor(settings: DiskSettings) {
    this.settings = settings
    this.#disk = createDiskSource({ ...settings, cacheBytes: 0, cacheFiles: 0 })
  }

  async locate(id: string, context: LocateContext): Promise<TrackLocation | undefined> {
    if (!isTrackId(id)) return undefined
    const place = await this.#locate(id, context)
    return place && { ...place, key: this.#disk.locate === undefined ? id : keyOf(place) }
  }

  async open(id: string, context: OpenContext): Promise<SourceTrack | undefined> {
    if (!isTrackId(id)) return undefined
    const { signal, key } = context
    const place = placeOf(key) ?? (await this.#locate(id, { signal, grant: undefined }))
    if (place === undefined) return undefined
    const opening = this.#disk.openPlace(place, context)
    try {
      const track = await untilAborted(opening, signal)
      return track && describe(track)
    } catch (error) {
      void closeLater(opening)
      throw error
    }
  }

  #locate(id: string, context: LocateContext): MaybePromise<FilePlace | undefined> {
    const { locate } = this.#disk
    return locate === undefined ? { key: id } : locate({ id, grant: context.grant }, context)
  }
}

function keyOf({ type = '', key }: FilePlace): string {
  return type + TYPE_END + key
}

/** Undefined for a key that `locate` did not make of a path. */
function placeOf(key: string): FilePlace | undefined {
  const end = key.indexOf(TYPE_END)
  if (end === -1) return undefined
  const path = key.slice(end + TYPE_END.length)
  return isPathBelow(path) ? { key: path, type: end === 0 ? undefined : key.slice(0, end) } : undefined
}

function describe(track: DiskTrack): SourceTrack {
  const { size, mediaType, etag, lastModified, fileName } = track.representation
  return {
    size,
    type: mediaType,
    etag,
    lastModified: toDate(lastModified),
    fileName,
    read: (range, context) => readCopies(track, range, context),
    close: () => {
      track.close()
    },
  }
}

/** Copies, because the buffers of the disk are used again. */
async function* readCopies(
  track: DiskTrack,
  range: { readonly first: number; readonly last: number },
  { signal }: ReadContext,
): AsyncGenerator<Uint8Array, void> {
  const reader = track.read(range)
  try {
    for (;;) {
      const chunk = await untilAborted(reader.next(false), signal)
      if (chunk === undefined) return
      const copy = Buffer.from(chunk)
      reader.recycle()
      yield copy
    }
  } finally {
    reader.close()
  }
}

/** A disk that hangs may open the file when nobody waits for it any more. */
async function closeLater(opening: MaybePromise<DiskTrack | undefined>): Promise<void> {
  try {
    const track = await opening
    track?.close()
  } catch {
    // The caller has the reason of the signal, or this fault.
  }
}
