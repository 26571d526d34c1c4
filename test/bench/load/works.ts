/** The work that servers are given: what is requested, and what the response must be. */
import { TRACK_BYTES, type Library } from './library'
import { inAnHour, type MakeLink } from './links'

export interface Work {
  readonly name: string
  readonly title: string
  /** Whether all requests are for the first track, the one whose tag is known. */
  readonly isOfFirstTrack: boolean
  /** Whether only servers that check a signature can do it. */
  readonly needsSignature: boolean
  readonly connections: number
  /** Bytes of body. */
  readonly length: number
  /** These links in turn, in place of those that the library and its tracks give. */
  readonly links?: readonly string[]
  /** Header lines of request number `index`. */
  readonly headers: (index: number, etag: string) => string
}

const DEFAULTS = {
  isOfFirstTrack: false,
  needsSignature: false,
  connections: 16,
  length: 0,
  headers: () => '',
}

const KIB = 1024

/** By name. */
export const WORKS = {
  range64k: {
    ...DEFAULTS,
    name: 'range-64k',
    title: '64 KiB range',
    length: 64 * KIB,
    headers: randomRange(64 * KIB),
  },
  range1m: {
    ...DEFAULTS,
    name: 'range-1m',
    title: '1 MiB range',
    length: KIB * KIB,
    headers: randomRange(KIB * KIB),
  },
  whole: { ...DEFAULTS, name: 'whole', title: 'whole 5 MB', connections: 8, length: TRACK_BYTES },
  probe: {
    ...DEFAULTS,
    name: 'probe',
    title: '2-byte probe',
    length: 2,
    headers: () => 'Range: bytes=0-1\r\n',
  },
  notModified: {
    ...DEFAULTS,
    name: 'not-modified',
    title: '304',
    isOfFirstTrack: true,
    headers: (_index: number, etag: string) => `If-None-Match: ${etag}\r\n`,
  },
  refused: { ...DEFAULTS, name: 'refused', title: 'refused', needsSignature: true },
  cold: {
    ...DEFAULTS,
    name: 'cold',
    title: 'cold 64 KiB range',
    length: 64 * KIB,
    headers: randomRange(64 * KIB),
  },
} as const satisfies Readonly<Record<string, Work>>

/** Links of each track that are in use at a time, as of so many listeners. */
const LINKS_PER_TRACK = 8

/**
 * The texts of `count` requests from number `start` on, the same for every server but for the form of its signatures.
 *
 * @param etag of the first track
 */
export function makeRequests(
  work: Work,
  library: Library,
  makeLink: MakeLink,
  etag: string,
  start: number,
  count: number,
): readonly string[] {
  if (work.links !== undefined) {
    // On from where the turn before it may have ended.
    const begin = start % work.links.length
    return [...work.links.slice(begin), ...work.links.slice(0, begin)].map((link, index) =>
      makeRequest(link, work.headers(index, etag)),
    )
  }
  const expires = inAnHour()
  const links = library.ids.flatMap(id =>
    Array.from({ length: LINKS_PER_TRACK }, (_, listener) =>
      makeLink(id, expires + listener, work.needsSignature),
    ),
  )
  return Array.from({ length: count }, (_, offset) => {
    const index = start + offset
    const choice = Math.floor(chance(index, 1) * (work.isOfFirstTrack ? LINKS_PER_TRACK : links.length))
    return makeRequest(links[choice] ?? '', work.headers(index, etag))
  })
}

/** A GET with the fields that a response depends on. */
export function makeRequest(link: string, headers = ''): string {
  return `GET ${link} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`
}

function randomRange(length: number): (index: number) => string {
  return index => {
    const first = Math.floor(chance(index, 2) * (TRACK_BYTES - length))
    return `Range: bytes=${first}-${first + length - 1}\r\n`
  }
}

/** The range of request number `index`; undefined for the whole. */
export function rangeOf(work: Work, index: number): string | undefined {
  return /^Range: (.*)\r\n$/.exec(work.headers(index, ''))?.[1]
}

/** A number from 0 to 1 that is the same for the same `index` in every run (the finaliser of MurmurHash3). */
export function chance(index: number, stream: number): number {
  let hash = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(stream, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
