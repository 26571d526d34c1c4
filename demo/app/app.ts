/** The demo: the signed stream, and an Express app behind it for the player's page and its JSON. */
import { STATUS_CODES, type RequestListener } from 'node:http'
import express, { type ErrorRequestHandler } from 'express'
import { createStreamHandler, StreamError, type StreamLogger } from 'express-signed-stream'
import helmet from 'helmet'
import { createApi } from './api'
import type { DemoConfig } from '../settings/config'
import { createExchanges, type Exchanges } from './exchanges/exchanges'
import { contentSecurityPolicy, createPage } from './page'
import { createTrackList, type DescribeTrack, type TrackList } from '../library/track-list'

export interface DemoApp {
  readonly listener: RequestListener
  readonly trackList: TrackList
}

export function createDemoApp(
  config: DemoConfig,
  logger: StreamLogger,
  exchanges: Exchanges = createExchanges(),
): DemoApp {
  const { audioDirectory, origin, secrets, cache, stallTimeout, maxStreamsPerClient } = config
  // In front of Express, which would cost more than the stream itself; below it, `app.use` and the router do the same.
  const stream = createStreamHandler({
    path: '/stream',
    dir: audioDirectory,
    secret: secrets,
    cors: { origin },
    cache,
    stallTimeout,
    maxStreamsPerClient,
    logger,
  })
  function describeTrack(...args: Parameters<DescribeTrack>): ReturnType<DescribeTrack> {
    return stream.describe(...args)
  }
  const trackList = createTrackList({ directory: audioDirectory, describeTrack })

  const app = express()
  app.disable('x-powered-by')
  app.use(helmet({ contentSecurityPolicy: { directives: contentSecurityPolicy } }))
  app.use('/api', createApi({ config, describeTrack, trackList, exchanges }))
  app.use(createPage())
  app.use((_req, res) => {
    res.status(404).type('text').send('Not found')
  })
  app.use(createErrorHandler(logger))

  const listener = exchanges.watch((req, res) => {
    stream(req, res, () => {
      ;(app as RequestListener)(req, res)
    })
  })
  return { listener, trackList }
}

/** Express's own would show the stack outside production. */
function createErrorHandler(logger: StreamLogger): ErrorRequestHandler {
  return function demoErrorHandler(error: unknown, _req, res, next) {
    const status = statusOf(error)
    if (status >= 500) logger.error({ err: error }, 'Request failed')
    if (res.headersSent) next(error)
    else res.status(status).json({ error: STATUS_CODES[status] })
  }
}

/** Express marks what the request is to blame for, a path that does not decode, say, by a status. */
function statusOf(error: unknown): number {
  // The storage is away.
  if (error instanceof StreamError) return error.status
  const { status } = Object(error) as { status?: unknown }
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500
}
