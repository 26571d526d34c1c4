/**
 * Splits a request target (RFC 9112, section 3.2) without normalising it: another parser in front of us or behind us
 * must not find another id in the same target.
 */
import { MAX_EXTENSION_LENGTH } from '../track-address'
import { MAX_TRACK_ID_LENGTH } from '../track-id'
import { decodePercent } from './percent'

export interface RequestTarget {
  /** Percent-encoded, with its leading slash. */
  readonly path: string
  /** Without the `?`; empty if there is no query. */
  readonly query: string
}

/** Some clients send a fragment, and proxies send the absolute form. Neither is part of the path. */
const TARGET = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/i

export function splitTarget(target: string): RequestTarget {
  // The fast path: nearly all targets have this form.
  if (target.startsWith('/') && !target.includes('#')) {
    const mark = target.indexOf('?')
    return mark === -1
      ? { path: target, query: '' }
      : { path: target.slice(0, mark), query: target.slice(mark + 1) }
  }
  const [, path = '', query = ''] = TARGET.exec(target) ?? []
  return { path, query }
}

/** The decoded last segment of `path`; undefined if it cannot be percent-decoded. */
export function lastSegment(path: string): string | undefined {
  return decodeSegment(path.slice(path.lastIndexOf('/') + 1))
}

/**
 * Characters of the longest segment that can name a track: up to four bytes for each character of the id, one for the
 * dot and each letter of the extension, `%XX` for each byte.
 */
const LONGEST_SEGMENT = (MAX_TRACK_ID_LENGTH * 4 + 1 + MAX_EXTENSION_LENGTH) * 3

/** `segment` percent-decoded; undefined if it cannot be decoded, or if it is too long to name a track. */
export function decodeSegment(segment: string): string | undefined {
  return segment.length > LONGEST_SEGMENT ? undefined : decodePercent(segment)
}
