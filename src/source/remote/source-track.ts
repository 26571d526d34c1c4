/** Checks the description of a track: a source is code of the app, and what it returns becomes header fields. */
import { isDate } from 'node:util/types'
import { isStrongTag } from '../../http/entity-tag'
import { servedMediaType } from '../../http/media-type'
import type { Representation } from '../../http/representation'
import { isRecord } from '../../option-rules'
import type { SourceTrack, TrackLocation, TrackPrefix } from '../track-source'
import { WrongAnswer } from './wrong-answer'

/** Milliseconds since the epoch: the end of the last year that an HTTP date can have. */
const LATEST = Date.UTC(10_000, 0) - 1

/** @throws WrongAnswer: a track that is described wrongly cannot be served */
export function readSourceTrack(track: unknown): Representation {
  if (!isRecord(track)) throw new WrongAnswer('open must return a track or undefined', track)
  const { size, type, etag, lastModified, fileName, read } = track
  if (typeof read !== 'function') throw wrongTrack('a method read', read)
  if (!isPosition(size)) throw wrongTrack('a size in bytes', size)
  const mediaType = typeof type === 'string' ? servedMediaType(type) : undefined
  if (mediaType === undefined) throw wrongTrack('an audio type that is served', type)
  if (typeof etag !== 'string' || !isStrongTag(etag)) throw wrongTrack('a strong entity tag', etag)
  return {
    size,
    mediaType,
    etag,
    lastModified: readDate(lastModified),
    ...(typeof fileName === 'string' && { fileName }),
  }
}

/** @throws WrongAnswer */
export function readLocation(location: unknown): TrackLocation {
  const { key, type, fileName } = isRecord(location) ? location : {}
  if (typeof key !== 'string') throw new WrongAnswer('locate must return an object with a key', location)
  const mediaType = typeof type === 'string' ? servedMediaType(type) : undefined
  if (type !== undefined && type !== null && mediaType === undefined) {
    throw new WrongAnswer('locate must return an audio type that is served', type)
  }
  return { key, type: mediaType, fileName: typeof fileName === 'string' ? fileName : undefined }
}

/** Undefined if the source gave no prefix, or one that is not inside the track. */
export function readPrefix({ prefix }: SourceTrack, size: number): TrackPrefix | undefined {
  if (!isRecord(prefix)) return undefined
  const { first, last, bytes } = prefix
  const isInside = isPosition(first) && isPosition(last) && first <= last && last < size
  return isInside && Object(bytes) === bytes ? prefix : undefined
}

function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Seconds since the epoch. JavaScript may say null for what it does not know. */
function readDate(date: unknown): number | undefined {
  if (date === undefined || date === null) return undefined
  const time = isDate(date) ? date.getTime() : NaN
  if (!(time >= 0 && time <= LATEST)) throw wrongTrack('a valid Date as lastModified, or none', date)
  return Math.floor(time / 1000)
}

function wrongTrack(expected: string, value: unknown): WrongAnswer {
  return new WrongAnswer(`A track must have ${expected}`, value)
}
