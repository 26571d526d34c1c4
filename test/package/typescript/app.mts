import { S3Client } from '@aws-sdk/client-s3'
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
import { httpSource, type HttpSourceOptions } from 'express-signed-stream/http'
import { createStreamMetrics, type StreamMetrics } from 'express-signed-stream/metrics'
import { redisState, type RedisStateOptions } from 'express-signed-stream/redis'
import { s3Source, type S3SourceOptions } from 'express-signed-stream/s3'
import { sourceContract, type ContractTest, type SourceHarness } from 'express-signed-stream/testing'
import { Registry } from 'prom-client'

const secret = '0123456789abcdef0123456789abcdef'
const origin: HttpSourceOptions = { url: id => `https://origin.example/${encodeURIComponent(id)}` }
const source: TrackSource = httpSource(origin)
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
const bucket: S3SourceOptions = {
  client: new S3Client({ region: 'eu-west-1' }),
  bucket: 'tracks',
  pin: 'etag',
}
export const stored: TrackSource = s3Source(bucket)
export const metrics: StreamMetrics = createStreamMetrics({ registry: new Registry() })
const redis: RedisStateOptions = { send: (...args: string[]) => Promise.resolve(args.length) }
export const shared = createLinks({ secret, state: redisState(redis) })
const harness: SourceHarness = {
  make: () => source,
  put: () => undefined,
  replace: () => undefined,
  remove: () => undefined,
}
export const tests: ContractTest[] = sourceContract(harness)

export function mistakes(): void {
  // @ts-expect-error an option that does not exist
  createStreamRouter({ dir: 'audio', secret, directory: 'audio' })
  // @ts-expect-error both of expiresIn and expiresAt
  createSigner({ secret }).sign('a', { expiresIn: 60, expiresAt: 1 })
  // @ts-expect-error a code that does not exist
  createStreamRouter({ dir: 'audio', secret, messages: { GONE: 'x' } })
  // @ts-expect-error no url
  httpSource({})
  // @ts-expect-error no client
  s3Source({ client: {}, bucket: 'tracks' })
  // @ts-expect-error an option that does not exist
  createStreamMetrics({ register: new Registry() })
  // @ts-expect-error no way to send a command
  redisState({ prefix: 'x:' })
  // @ts-expect-error no way to replace a track
  sourceContract({ make: () => source, put: () => undefined, remove: () => undefined })
  // @ts-expect-error no way to sign
  keepPlaying(new Audio(), {})
}
