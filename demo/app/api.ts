/**
 * JSON for the page: the tracks, signed links to them, who listens, and the exchanges that it causes.
 *
 * FOR LOCAL USE. Every client that can call it can listen to everything, and end what others hear. A real app puts its own
 * login in front of it, and signs only links to what its user may hear.
 */
import express, { type Response, type Router } from 'express'
import { isTrackId, type Links, type Signer } from 'express-signed-stream'
import { clientKey } from '../front/client-address'
import { clientSignal } from '../front/client-signal'
import { createCrossOrigin } from '../front/cross-origin'
import { createDurations, type Duration } from '../library/durations'
import type { Library } from '../library/library'
import type { DescribeTrack, Track, TrackList } from '../library/track-list'
import { TooMuchWorkError } from '../work/short-cache'
import type { Exchanges } from './exchanges/exchanges'
import type { Listeners } from './listeners'
import { createListening } from './listening'
import { createSigning } from './signing'
import { parseWhole } from './whole-number'

/** Tracks on a page of the list. */
const DEFAULT_LIMIT = 200
const MAX_LIMIT = 500

/** What opens tracks to every client, reveals who listens or which tracks there are, or ends what others hear. */
const CLOSED = {
  '/sign': 'signs no links',
  '/tracks': 'lists no tracks',
  '/streams': 'shows and ends no streams',
  '/revoke': 'revokes no links',
}

export interface ApiOptions {
  /** Whether every client may list the tracks, get links, see who listens, and end that. */
  readonly isSigningOpen: boolean
  /** The origins whose pages may read responses. */
  readonly origin: '*' | string[]
  readonly signer: Signer
  readonly links: Links
  readonly listeners: Listeners
  readonly describeTrack: DescribeTrack
  readonly trackList: TrackList
  /** Of the library, for people who look at the page. */
  readonly libraryKind: Library['kind']
  readonly exchanges: Exchanges
}

export function createApi(options: ApiOptions): Router {
  const { isSigningOpen, origin, signer, links, listeners, describeTrack, exchanges } = options
  const { trackList, libraryKind } = options
  const durations = createDurations()
  const api = express.Router()
  api.use((_req, res, next) => {
    // A stored response would be an outdated list, or a link that has expired.
    res.set('Cache-Control', 'no-store')
    next()
  })
  if (isSigningOpen) api.use(createListening(listeners))
  api.use(createCrossOrigin(origin))
  if (!isSigningOpen) {
    for (const [path, what] of Object.entries(CLOSED)) {
      api.use(path, (_req, res) => {
        refuseClosed(res, what)
      })
    }
  }

  api.get('/tracks', async (req, res) => {
    const { after } = req.query
    const limit = parseWhole(req.query['limit'] ?? String(DEFAULT_LIMIT), MAX_LIMIT)
    if (limit === undefined || !(after === undefined || isTrackId(after))) {
      res.status(400).json({ error: `limit must be 1 to ${MAX_LIMIT}, and after the id of a track` })
      return
    }
    const signal = clientSignal(req, res)
    try {
      const { tracks, next, isComplete } = await trackList.page({ after, limit }, signal)
      const seconds = await durationsOf(tracks, signal)
      res.json({
        tracks: tracks.map(({ id, path, size, type }, index) => ({
          id,
          path,
          size,
          type,
          duration: seconds[index],
        })),
        next,
        isComplete: isComplete ? undefined : false,
        library: libraryKind,
      })
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof TooMuchWorkError)) throw error
      refuseBusy(res, 'Too many lists are being made')
    }
  })

  /** A duration that is not known yet is undefined, so that the page requests it again; null is final. */
  async function durationsOf(tracks: readonly Track[], signal: AbortSignal): Promise<Duration[]> {
    const files = tracks.map(({ file }) => file).filter(file => file !== undefined)
    const known = (await durations.of(files, signal)).values()
    return tracks.map(({ file }) => (file === undefined ? null : known.next().value))
  }

  api.use('/sign', createSigning({ signer, links, describeTrack }))

  api.get('/exchanges/:page', (req, res) => {
    if (!exchanges.open(req.params.page, res, clientKey(req.ip))) {
      res.status(400).json({ error: 'The page must be a random UUID' })
    }
  })

  api.use((_req, res) => {
    res.status(404).json({ error: 'No such endpoint' })
  })
  return api
}

function refuseClosed(res: Response, what: string): void {
  res.status(403).json({ error: `This server ${what} here: its operator has not set OPEN_SIGNING to true` })
}

function refuseBusy(res: Response, error: string): void {
  res.status(429).set('Retry-After', '1').json({ error })
}
