import express, { type ErrorRequestHandler, type Request } from 'express'
import {
  createLinks,
  createSigner,
  createStreamHandler,
  createStreamRouter,
  ENGLISH_MESSAGES,
  rangeStream,
  redactLink,
  requireSignedUrl,
  StreamError,
  streamErrorHandler,
  validateId,
  type Grant,
  type StreamErrorCode,
  type StreamRouterOptions,
  type TrackSource,
} from 'express-signed-stream'
import { keepPlaying, type LinkKeeper } from 'express-signed-stream/client'
import { httpSource } from 'express-signed-stream/http'
import { createStreamMetrics } from 'express-signed-stream/metrics'
import { redisState } from 'express-signed-stream/redis'
import { sourceContract } from 'express-signed-stream/testing'
import { Registry } from 'prom-client'

const secret = '0123456789abcdef0123456789abcdef'
const source: TrackSource = httpSource({ url: id => `https://origin.example/${encodeURIComponent(id)}` })
const options: StreamRouterOptions = { source, secret, messages: ENGLISH_MESSAGES }

const app = express()
app.use('/stream', createStreamRouter(options))
app.use(
  '/other',
  createStreamRouter('audio', secret, {
    messages: (req: Request) => (req.acceptsLanguages('en') === false ? {} : ENGLISH_MESSAGES),
    onCompletion: ({ outcome, bytesSent }, req: Request) => {
      console.log(req.ip, outcome, bytesSent)
    },
  }),
)
app.get('/x/:id', validateId(), requireSignedUrl({ secret }), rangeStream({ dir: 'audio' }))
app.get('/grant/:id', requireSignedUrl({ secret }), (req, res) => {
  const grant: Grant | undefined = req.grant
  res.json(grant)
})
const onError: ErrorRequestHandler = (error: unknown, req, res, next) => {
  if (!(error instanceof StreamError)) return next(error)
  const code: StreamErrorCode = error.code
  res.status(error.status).json({ code, url: redactLink(req.originalUrl) })
}
app.use(onError, streamErrorHandler())

export const stream = createStreamHandler({ path: '/stream', ...options })
export const url: string = createSigner({ secret, baseUrl: '/stream' }).signUrl('a', { expiresIn: 60 })
export const links = createLinks({ secret })
export const keeper = (audio: HTMLAudioElement): LinkKeeper => keepPlaying(audio, { sign: () => url })
export const entries = [createStreamMetrics({ registry: new Registry() }), redisState, sourceContract]

export function mistakes(): void {
  // @ts-expect-error an option that does not exist
  createStreamRouter({ dir: 'audio', secret, directory: 'audio' })
  // @ts-expect-error both of expiresIn and expiresAt
  createSigner({ secret }).sign('a', { expiresIn: 60, expiresAt: 1 })
  // @ts-expect-error a code that does not exist
  createStreamRouter({ dir: 'audio', secret, messages: { GONE: 'x' } })
}
