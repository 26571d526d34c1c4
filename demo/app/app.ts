/** The demo: the signed stream, and behind it an Express app for the player's page and its JSON. */
import { STATUS_CODES, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import express, { type ErrorRequestHandler } from 'express'
import {
  createSigner,
  createStreamHandler,
  StreamError,
  type CacheOptions,
  type Links,
  type StreamHandler,
  type StreamLogger,
} from 'express-signed-stream'
import helmet from 'helmet'
import { createApi } from './api'
import { CLIENT_LEFT } from '../front/client-signal'
import type { AddressedRequest } from '../front/limits'
import { REQUEST_ID_HEADER } from '../front/request-id-header'
import type { AdmitStream } from '../front/shared-stream-limit'
import type { Exchanges } from './exchanges/exchanges'
import { createListeners } from './listeners'
import { contentSecurityPolicy, createPage } from './page'
import { pretendDevice } from './pretended-device'
import { RecentStreams } from './recent-streams'
import type { Library } from '../library/library'
import { overSlowLine } from './slow-line'
import { STREAM_PATH } from '../links/open-links'
import type { Peers } from '../workers/peers'
import { createTrackList, type TrackList } from '../library/track-list'

export interface DemoAppOptions {
  readonly library: Library
  readonly links: Links
  /** Signs links that say nothing but when they expire. */
  readonly secret: string
  /** Whether every client may list the tracks and get links. */
  readonly isSigningOpen: boolean
  /** The origins whose pages may read responses. */
  readonly origin: '*' | string[]
  readonly cache: CacheOptions
  /** Milliseconds. */
  readonly stallTimeout: number
  readonly maxStreamsPerClient: number
  /** Counts streams with the other workers; undefined if that needs no one. */
  readonly admitStream?: AdmitStream | undefined
  readonly logger: StreamLogger
  readonly exchanges: Exchanges
  /** The other workers; undefined if this process is alone. */
  readonly peers: Peers | undefined
}

export interface DemoApp {
  readonly listener: RequestListener
  readonly trackList: TrackList
  /** @returns a link that is valid for an hour, as a path */
  readonly signPath: (id: string) => string
  readonly drainStreams: StreamHandler['drain']
}

export function createDemoApp(options: DemoAppOptions): DemoApp {
  const { library, links, secret, isSigningOpen, origin, logger, exchanges } = options
  const { cache, peers, stallTimeout, maxStreamsPerClient, admitStream } = options
  const recent = new RecentStreams()
  // In front of Express, whose routing costs more than the stream itself. A router in `app.use` serves the same.
  const stream = createStreamHandler({
    path: STREAM_PATH,
    ...library.origin,
    links,
    cors: { origin },
    cache,
    stallTimeout,
    maxStreamsPerClient,
    logger,
    requestIdHeader: REQUEST_ID_HEADER,
    // Nobody could read it otherwise.
    onCompletion: isSigningOpen ? recent.note.bind(recent) : undefined,
  })
  const describeTrack = stream.describe.bind(stream)
  const trackList = createTrackList({ library, describeTrack })
  const listeners = createListeners(links, recent, peers)
  const signer = createSigner({ secret, baseUrl: STREAM_PATH })

  const app = express()
  app.disable('x-powered-by')
  app.use(helmet({ contentSecurityPolicy: { directives: contentSecurityPolicy } }))
  app.use(
    '/api',
    createApi({
      isSigningOpen,
      origin,
      signer,
      links,
      listeners,
      describeTrack,
      trackList,
      libraryKind: library.kind,
      exchanges,
    }),
  )
  app.use(createPage())
  app.use((_req, res) => {
    res.status(404).type('text').send('Not found')
  })
  app.use(createErrorHandler(logger))

  function serve(req: IncomingMessage, res: ServerResponse): void {
    stream(req, res, () => {
      nameRequest(req, res)
      ;(app as RequestListener)(req, res)
    })
  }

  const listener = exchanges.watch((req, res) => {
    if (isSigningOpen) pretendDevice(req)
    const line = isSigningOpen ? overSlowLine(req, res) : res
    if (admitStream === undefined) serve(req, line)
    else {
      admitStream(req, line, () => {
        serve(req, line)
      })
    }
  })
  return {
    listener,
    trackList,
    signPath: id => signer.signUrl(id, { expiresIn: 3600 }),
    drainStreams: stream.drain,
  }
}

/** What is below the path of the stream, but is none, has no name yet. */
function nameRequest({ id }: AddressedRequest, res: ServerResponse): void {
  if (id !== undefined && !res.hasHeader(REQUEST_ID_HEADER)) res.setHeader(REQUEST_ID_HEADER, id)
}

const UNAVAILABLE = 'The tracks cannot be read at the moment'

/** In place of Express's own, which shows the stack outside production. */
function createErrorHandler(logger: StreamLogger): ErrorRequestHandler {
  return function demoErrorHandler(error: unknown, req: AddressedRequest, res, next) {
    if (error === CLIENT_LEFT) return
    const status = statusOf(error)
    if (status >= 500) logger.error({ err: error, request_id: req.id }, 'Request failed')
    if (res.headersSent) next(error)
    else res.status(status).json({ error: isUnavailable(error) ? UNAVAILABLE : STATUS_CODES[status] })
  }
}

/** Whether the storage failed while tracks were listed or described. */
function isUnavailable(error: unknown): boolean {
  return error instanceof StreamError && error.code === 'SOURCE_UNAVAILABLE'
}

/** Express gives a 4xx status to errors that the request causes, such as a path that cannot be decoded. */
function statusOf(error: unknown): number {
  if (error instanceof StreamError) return error.status
  const { status } = Object(error) as { status?: unknown }
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500
}
