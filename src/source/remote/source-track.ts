/** Checks what a source says of a track: a source is code of the app, and its answer becomes header fields. */
import { servedMediaType } from '../../http/media-type'
import type { Representation } from '../../http/representation'
import { describe, isRecord } from '../../option-rules'
import { SourceError } from '../source'
import type { SourceTrack, TrackLocation, TrackPrefix } from '../track-source'

/** Strong, and printable (RFC 9110, section 8.8.3). */
const STRONG_TAG = /^"[\x21\x23-\x7e]*"$/

/** @throws SourceError `unavailable`: a track that is described wrongly cannot be served */
export function readSourceTrack(track: SourceTrack): Representation {
  const { size, type, etag, lastModified, fileName } = requireRecord(track)
  if (!hasMethod(track, 'read')) throw wrongTrack('a method read', undefined)
  if (!Number.isSafeInteger(size) || size < 0) throw wrongTrack('a size in bytes', size)
  const mediaType = typeof type === 'string' ? servedMediaType(type) : undefined
  if (mediaType === undefined) throw wrongTrack('an audio type that is served', type)
  if (typeof etag !== 'string' || !STRONG_TAG.test(etag)) throw wrongTrack('a strong entity tag', etag)
  return {
    size,
    mediaType,
    etag,
    lastModified: readDate(lastModified),
    ...(typeof fileName === 'string' && { fileName }),
  }
}

/** @throws SourceError `unavailable` */
export function readLocation(location: TrackLocation): TrackLocation {
  const { key, type, fileName } = isRecord(location) ? location : {}
  if (typeof key !== 'string') throw wrong('locate must return an object with a key', location)
  const mediaType = typeof type === 'string' ? servedMediaType(type) : undefined
  if (type !== undefined && mediaType === undefined) throw wrong('locate must return an audio type', type)
  return { key, type: mediaType, fileName: typeof fileName === 'string' ? fileName : undefined }
}

/** Undefined if the source gave no prefix, or one that lies outside the track. */
export function readPrefix({ prefix, size }: SourceTrack): TrackPrefix | undefined {
  if (prefix === undefined) return undefined
  const { first, last } = prefix
  const isInside = Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && last < size
  return isInside && first <= last ? prefix : undefined
}

function requireRecord(track: SourceTrack): SourceTrack {
  if (!isRecord(track)) throw wrong('open must return a track or undefined', track)
  return track
}

function hasMethod(value: object, name: string): boolean {
  return typeof (value as Readonly<Record<string, unknown>>)[name] === 'function'
}

/** Seconds since the epoch. */
function readDate(date: unknown): number | undefined {
  const time = date instanceof Date ? date.getTime() : NaN
  return time >= 0 ? Math.floor(time / 1000) : undefined
}

function wrongTrack(expected: string, value: unknown): SourceError {
  return wrong(`A track must have ${expected}`, value)
}

function wrong(rule: string, value: unknown): SourceError {
  return new SourceError('unavailable', { cause: new TypeError(`${rule}, got ${describe(value)}`) })
}
