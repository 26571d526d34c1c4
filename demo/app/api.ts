/**
 * JSON for the page: the tracks, signed links to them, and the exchanges that it causes.
 *
 * FOR LOCAL USE. Whoever can call the signing endpoint can listen to everything. A real app puts its own login in front
 * of it, and signs only what the person who asks may hear.
 */
import { join } from 'node:path'
import cors from 'cors'
import express, { type Response, type Router } from 'express'
import { createSigner, isTrackId } from 'express-signed-stream'
import { clientKey } from '../front/client-address'
import { clientSignal } from '../front/client-signal'
import type { DemoConfig } from '../settings/config'
import { createDurations } from '../library/durations'
import type { Exchanges } from './exchanges/exchanges'
import { TooMuchWorkError } from '../library/shared-work'
import type { DescribeTrack, TrackList } from '../library/track-list'

const LOCAL_USE =
  'For local use: anyone who can call this can listen. A real app puts its own login in front of it.'

/** A day: a link cannot be called back, so the demo hands out none that lives for long. */
const MAX_EXPIRES_IN = 86_400

/** Tracks on a page of the list. */
const DEFAULT_LIMIT = 200
const MAX_LIMIT = 500

export interface ApiOptions {
  readonly config: Pick<DemoConfig, 'audioDirectory' | 'isSigningOpen' | 'origin' | 'secret'>
  readonly describeTrack: DescribeTrack
  readonly trackList: TrackList
  readonly exchanges: Exchanges
}

export function createApi({ config, describeTrack, trackList, exchanges }: ApiOptions): Router {
  const { audioDirectory, isSigningOpen, origin, secret } = config
  const signer = createSigner({ secret, baseUrl: '/stream' })
  const durations = createDurations()
  const api = express.Router()
  api.use(cors({ origin, methods: ['GET', 'HEAD'], exposedHeaders: ['Retry-After'] }))
  api.use((_req, res, next) => {
    // A stored answer would be a list out of date, or a link that has expired.
    res.set('Cache-Control', 'no-store')
    next()
  })

  if (!isSigningOpen) {
    // Who can have a link signed could listen to everything; who can list, costs work and learns every id.
    api.use('/sign', (_req, res) => {
      refuseClosed(res, 'signs no links')
    })
    api.use('/tracks', (_req, res) => {
      refuseClosed(res, 'lists no tracks')
    })
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
      const { tracks, next } = await trackList.page({ after, limit }, signal)
      const files = tracks.map(({ fileName = '', etag }) => ({ path: join(audioDirectory, fileName), etag }))
      const seconds = await durations.of(files, signal)
      // A duration that is not known yet is left out: to be asked for again. If the file does not have it, it is null.
      res.json({
        tracks: tracks.map(({ id, size, type }, index) => ({ id, size, type, duration: seconds[index] })),
        next,
      })
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof TooMuchWorkError)) throw error
      refuseBusy(res, 'Too many lists are being made')
    }
  })

  api.get('/sign/:id', async (req, res) => {
    const expiresIn = parseWhole(req.query['expiresIn'] ?? '3600', MAX_EXPIRES_IN)
    if (expiresIn === undefined) {
      res.status(400).json({ error: `expiresIn must be whole seconds from 1 to ${MAX_EXPIRES_IN}` })
      return
    }
    const { id } = req.params
    if ((await describeTrack(id, { signal: clientSignal(req, res) })) === undefined) {
      res.status(404).json({ error: 'No such track' })
      return
    }
    const { url, expires } = signer.createLink(id, { expiresIn })
    res.json({ url, expires, note: LOCAL_USE })
  })

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

/** A whole number from 1 to `max`, in its shortest form. */
function parseWhole(value: unknown, max: number): number | undefined {
  if (typeof value !== 'string' || !/^[1-9][0-9]{0,4}$/.test(value)) return undefined
  return Number(value) <= max ? Number(value) : undefined
}
