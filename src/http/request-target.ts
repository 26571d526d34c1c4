/** Splits a request target (RFC 9112, section 3.2) as it was sent: nothing is normalised, so that nothing is reread. */
import { MAX_TRACK_ID_LENGTH } from '../track-id'
import { decodePercent } from './percent'

export interface RequestTarget {
  /** Percent-encoded, with its leading slash. */
  readonly path: string
  /** Without the `?`; empty when there is none. */
  readonly query: string
}

/** Some clients send a fragment, proxies send the absolute form; neither belongs to the path. */
const TARGET = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/i

export function splitTarget(target: string): RequestTarget {
  // The form that nearly all of them have.
  if (target.startsWith('/') && !target.includes('#')) {
    const mark = target.indexOf('?')
    return mark === -1
      ? { path: target, query: '' }
      : { path: target.slice(0, mark), query: target.slice(mark + 1) }
  }
  const [, path = '', query = ''] = TARGET.exec(target) ?? []
  return { path, query }
}

/** The decoded last segment of `path`; undefined when it does not percent-decode. */
export function lastSegment(path: string): string | undefined {
  return decodeSegment(path.slice(path.lastIndexOf('/') + 1))
}

/** What a segment can have that names a track: each character takes four bytes at most, each byte three characters. */
const LONGEST_SEGMENT = MAX_TRACK_ID_LENGTH * 4 * 3

/** `segment` percent-decoded; undefined when that cannot be done, or when it is too long to name a track. */
export function decodeSegment(segment: string): string | undefined {
  return segment.length > LONGEST_SEGMENT ? undefined : decodePercent(segment)
}
