/** The work that servers are given: what is asked for, and what the answer must be. */
import { TRACK_BYTES, type Library } from './library'
import { inAnHour, type MakeLink } from './links'

export interface Work {
  readonly name: string
  readonly title: string
  readonly isCold: boolean
  /** Whether all ask for the first track, the one whose tag is known. */
  readonly isOfFirstTrack: boolean
  /** Whether only servers that check a signature can do it. */
  readonly needsSignature: boolean
  readonly connections: number
  /** Bytes of body. */
  readonly length: number
  /** Header lines of request number `index`. */
  readonly headers: (index: number, etag: string) => string
}

const DEFAULTS = {
  isCold: false,
  isOfFirstTrack: false,
  needsSignature: false,
  connections: 16,
  length: 0,
  headers: () => '',
}

const KIB = 1024

export const WORKS: readonly Work[] = [
  { ...DEFAULTS, name: 'range-64k', title: '64 KiB range', length: 64 * KIB, headers: randomRange(64 * KIB) },
  { ...DEFAULTS, name: 'range-1m', title: '1 MiB range', length: KIB * KIB, headers: randomRange(KIB * KIB) },
  { ...DEFAULTS, name: 'whole', title: 'whole 5 MB', connections: 8, length: TRACK_BYTES },
  { ...DEFAULTS, name: 'probe', title: '2-byte probe', length: 2, headers: () => 'Range: bytes=0-1\r\n' },
  {
    ...DEFAULTS,
    name: 'not-modified',
    title: '304',
    isOfFirstTrack: true,
    headers: (_index, etag) => `If-None-Match: ${etag}\r\n`,
  },
  { ...DEFAULTS, name: 'refused', title: 'refused', needsSignature: true },
  {
    ...DEFAULTS,
    name: 'cold',
    title: 'cold 64 KiB range',
    isCold: true,
    length: 64 * KIB,
    headers: randomRange(64 * KIB),
  },
]

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

/** A GET as browsers send it, but for what they add. */
export function makeRequest(link: string, headers = ''): string {
  return `GET ${link} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`
}

function randomRange(length: number): (index: number) => string {
  return index => {
    const first = Math.floor(chance(index, 2) * (TRACK_BYTES - length))
    return `Range: bytes=${first}-${first + length - 1}\r\n`
  }
}

/** A number from 0 to 1 that is the same for the same `index` in every run (the finaliser of MurmurHash3). */
export function chance(index: number, stream: number): number {
  let hash = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(stream, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
