/** What the demo says when it has started: lines for people, or entries of the log for collectors. */
import type { Logger } from 'pino'
import { createSigner } from 'express-signed-stream'
import type { DemoConfig } from '../settings/config'
import type { Track, TrackList } from '../library/track-list'

/** Ids that are looked at together. */
const FIRST_LOOK = 8

export interface Announcement {
  /** What an operator should know before listeners do. */
  readonly warnings: readonly string[]
  readonly page: string
  readonly metrics: string | undefined
  /** Undefined where there is no track, or where links are not for everybody. */
  readonly link: string | undefined
}

export interface Started {
  readonly port: number
  /** If metrics have one of their own. */
  readonly metricsPort: number | undefined
  readonly trackList: TrackList
}

export async function describeStart(
  config: DemoConfig,
  { port, metricsPort, trackList }: Started,
): Promise<Announcement> {
  const origin = originOf(config.host, port)
  const track = await findFirst(trackList)
  const warnings: string[] = []
  if (config.isSecretRandom) {
    warnings.push('SECRET_KEY is not set: links are signed with a random secret and die with this run')
  }
  if (track === undefined) warnings.push(`No tracks in ${config.audioDirectory}`)
  warnings.push(
    config.isSigningOpen
      ? 'The page signs links for anyone who can reach it: in a real app, put your own login in front of /api/sign'
      : 'OPEN_SIGNING is false: /api/sign and /api/tracks answer 403, and links come from who holds the secret',
  )
  const { host, token } = config.metrics
  const withToken = token === undefined ? undefined : origin
  const metricsOrigin = metricsPort === undefined ? withToken : originOf(host, metricsPort)
  const signer = createSigner({ secret: config.secret, baseUrl: `${origin}/stream` })
  const isShown = track !== undefined && config.isSigningOpen
  return {
    warnings,
    page: `${origin}/`,
    metrics: metricsOrigin && `${metricsOrigin}/metrics`,
    link: isShown ? signer.signUrl(track.id, { expiresIn: 3600 }) : undefined,
  }
}

/** The first that can be played: a name in the directory may have no file behind it. */
async function findFirst(trackList: TrackList): Promise<Track | undefined> {
  const { signal } = new AbortController()
  let after: string | undefined
  do {
    const { tracks, next } = await trackList.page({ after, limit: FIRST_LOOK }, signal)
    if (tracks[0] !== undefined) return tracks[0]
    after = next
  } while (after !== undefined)
  return undefined
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

/** Where a browser on this machine finds it. */
function originOf(host: string | undefined, port: number): string {
  const isAny = host === undefined || host === '0.0.0.0' || host === '::'
  const name = isAny ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
