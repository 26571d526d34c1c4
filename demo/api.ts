/**
 * JSON for the page: the tracks, signed links to them, and the exchanges that it causes.
 *
 * FOR LOCAL USE. Whoever can call the signing endpoint can listen to everything. A real app puts its own login in front
 * of it, and signs only what the person who asks may hear.
 */
import cors from 'cors'
import express, { type Router } from 'express'
import { createSigner } from 'express-signed-stream'
import { clientKey } from './client-address'
import type { DemoConfig } from './config'
import { createDurations } from './durations'
import type { Exchanges } from './exchanges'
import { findTrack, listTracks } from './tracks'

const LOCAL_USE =
  'For local use: anyone who can call this can listen. A real app puts its own login in front of it.'

/** A day: a link cannot be called back, so the demo hands out none that lives for long. */
const MAX_EXPIRES_IN = 86_400

export function createApi({ audioDirectory, origin, secret }: DemoConfig, exchanges: Exchanges): Router {
  const signer = createSigner({ secret, baseUrl: '/stream' })
  const durations = createDurations()
  const api = express.Router()
  api.use(cors({ origin, methods: ['GET', 'HEAD'] }))
  api.use((_req, res, next) => {
    // A stored answer would be a list out of date, or a link that has expired.
    res.set('Cache-Control', 'no-store')
    next()
  })

  api.get('/tracks', async (_req, res) => {
    const tracks = await listTracks(audioDirectory)
    const seconds = await durations.of(tracks)
    // A duration that is not known yet is left out: to be asked for again. Where the file does not tell, it is null.
    res.json({
      tracks: tracks.map(({ id, size, type }, index) => ({ id, size, type, duration: seconds[index] })),
    })
  })

  api.get('/sign/:id', async (req, res) => {
    const expiresIn = parseExpiresIn(req.query['expiresIn'] ?? '3600')
    if (expiresIn === undefined) {
      res.status(400).json({ error: `expiresIn must be whole seconds from 1 to ${MAX_EXPIRES_IN}` })
      return
    }
    const track = await findTrack(audioDirectory, req.params.id)
    if (track === undefined) {
      res.status(404).json({ error: 'No such track' })
      return
    }
    const url = signer.signUrl(track.id, { expiresIn })
    res.json({ url, expires: Number(new URLSearchParams(url.split('?')[1]).get('expires')), note: LOCAL_USE })
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

function parseExpiresIn(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^[1-9][0-9]{0,4}$/.test(value)) return undefined
  return Number(value) <= MAX_EXPIRES_IN ? Number(value) : undefined
}
