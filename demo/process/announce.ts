/** Announces a start: in lines for people, or as log entries. */
import { StreamError } from 'express-signed-stream'
import type { Logger } from 'pino'
import type { Track, TrackList } from '../library/track-list'
import { createLogger, type LoggerOptions } from './logger'
import { escapeUnprintable } from './printable'

/** Ids whose tracks are described together. */
const FIRST_PAGE = 8

/** Milliseconds to find the first track: a store may be out of reach. */
const PATIENCE = 5000

export interface Announcement {
  /** What an operator should know before listeners come. */
  readonly warnings: readonly string[]
  readonly page: string
  /** Undefined if there are none. */
  readonly metrics: string | undefined
  /** Undefined if there is no track, or links are not for everybody. */
  readonly link: string | undefined
}

export interface Address {
  /** Undefined for all addresses of the machine. */
  readonly host: string | undefined
  readonly port: number
}

export interface StartOptions {
  readonly server: Address
  /** Where `/metrics` is served; undefined if nowhere. */
  readonly metrics: Address | undefined
  /** Where the tracks are, for people. */
  readonly place: string
  readonly isSecretRandom: boolean
  readonly isSigningOpen: boolean
  readonly trackList: TrackList
  /** @returns a link that is valid for an hour, as a path */
  readonly signPath: (id: string) => string
}

export async function describeStart(options: StartOptions): Promise<Announcement> {
  const { server, metrics, place, isSecretRandom, isSigningOpen, trackList, signPath } = options
  const origin = originOf(server)
  const warnings: string[] = []
  if (isSecretRandom) {
    warnings.push(
      'SECRET_KEY is not set: links are signed with a random secret, and are invalid after a restart',
    )
  }
  const track = await findFirst(trackList).catch((error: unknown) => {
    // The storage may work again when listeners come.
    warnings.push(`Cannot list the tracks in ${place}: ${reasonOf(error)}`)
    return null
  })
  if (track === undefined) warnings.push(`No tracks in ${place}`)
  warnings.push(
    isSigningOpen
      ? 'The page signs and revokes links for anyone who can reach it: in a real app, put your own login in front of /api'
      : 'OPEN_SIGNING is false: /api/sign, /api/tracks, /api/streams and /api/revoke respond with 403, so links must be signed elsewhere with the secret',
  )
  return {
    warnings,
    page: `${origin}/`,
    metrics: metrics && `${originOf(metrics)}/metrics`,
    link: track && isSigningOpen ? `${origin}${signPath(track.id)}` : undefined,
  }
}

/** The first track that can be played: an id in the directory may have no readable file. */
async function findFirst(trackList: TrackList): Promise<Track | undefined> {
  const signal = AbortSignal.timeout(PATIENCE)
  let after: string | undefined
  do {
    const { tracks, next } = await trackList.page({ after, limit: FIRST_PAGE }, signal)
    if (tracks[0] !== undefined) return tracks[0]
    after = next
  } while (after !== undefined)
  return undefined
}

/** The name and the message of what a storage reports, in one line. */
function reasonOf(error: unknown): string {
  const reason = error instanceof StreamError ? error.cause : error
  return escapeUnprintable(String(reason))
}

/** @param log the output, which may hold a whole link */
export function announce(announcement: Announcement, log: LoggerOptions): void {
  if (log.format === 'json') logAnnouncement(createLogger({ ...log, showsLinks: true }), announcement)
  else for (const line of formatLines(announcement)) log.write(line)
}

export function formatLines({ warnings, page, metrics, link }: Announcement): string[] {
  const lines = [`Page:        ${page}`]
  if (metrics !== undefined) lines.push(`Metrics:     ${metrics}`)
  if (link !== undefined) lines.push(`Signed link: ${link}`, `Try a range: ${curlLine(link)}`)
  return [...lines, ...warnings]
}

export function logAnnouncement(logger: Logger, { warnings, page, metrics, link }: Announcement): void {
  for (const warning of warnings) logger.warn(warning)
  logger.info({ page, metrics, link, curl: link && curlLine(link) }, 'Listening')
}

function curlLine(link: string): string {
  return `curl -sS -D - -o part.audio -H 'Range: bytes=0-1023' '${link}'`
}

/** The origin at which a browser on this machine reaches the address. */
function originOf({ host, port }: Address): string {
  const isAny = host === undefined || host === '0.0.0.0' || host === '::'
  const name = isAny ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
