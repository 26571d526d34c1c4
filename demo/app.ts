/** The demo: the signed stream, and an Express app behind it for the player's page and its JSON. */
import { STATUS_CODES, type RequestListener } from 'node:http'
import cors from 'cors'
import express, { type ErrorRequestHandler, type Request, type Response } from 'express'
import { createStreamHandler, type StreamLogger } from 'express-signed-stream'
import helmet from 'helmet'
import { createApi } from './api'
import type { DemoConfig } from './config'
import { createExchanges, type Exchanges } from './exchanges'
import { contentSecurityPolicy, createPage } from './page'

export function createDemoApp(
  config: DemoConfig,
  logger: StreamLogger,
  exchanges: Exchanges = createExchanges(),
): RequestListener {
  const { audioDirectory, origin, secrets, cache, stallTimeout, isSigningOpen } = config
  // In front of Express, which would cost more than the stream itself; below it, `app.use` and the router do the same.
  const stream = createStreamHandler({
    path: '/stream',
    dir: audioDirectory,
    secret: secrets,
    cors: { origin },
    cache,
    stallTimeout,
    logger,
  })

  const app = express()
  app.disable('x-powered-by')
  app.use(helmet({ contentSecurityPolicy: { directives: contentSecurityPolicy } }))
  if (!isSigningOpen) app.use('/api/sign', cors({ origin }), refuseToSign)
  app.use('/api', createApi(config, exchanges))
  app.use(createPage())
  app.use((_req, res) => {
    res.status(404).type('text').send('Not found')
  })
  app.use(createErrorHandler(logger))

  return exchanges.watch((req, res) => {
    stream(req, res, () => {
      ;(app as RequestListener)(req, res)
    })
  })
}

/** Who can ask for a link could listen to everything. */
function refuseToSign(_req: Request, res: Response): void {
  res.status(403).set('Cache-Control', 'no-store')
  res.json({ error: 'This server signs no links here: its operator has not set OPEN_SIGNING to true' })
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
  const { status } = Object(error) as { status?: unknown }
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500
}
