/** The whole job as one handler: CORS, methods, ids, signatures, files, refusals. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StreamError } from './errors'
import { decodeSegment, splitTarget } from './http/request-target'
import {
  createCrossOrigin,
  crossOriginRule,
  isPreflight,
  type CrossOriginOptions,
} from './middleware/cross-origin'
import { messagesRule, writeRefusal, type StreamErrorHandlerOptions } from './middleware/error-handler'
import type { StreamRequest } from './middleware/handler'
import { createObserver } from './middleware/observer'
import {
  createSource,
  createTrackServer,
  rangeStreamRules,
  readMethod,
  type RangeStreamOptions,
} from './middleware/range-stream'
import { createAuthorizer, type RequireSignedUrlOptions } from './middleware/require-signed-url'
import { judgeOptions } from './options'
import type { Secret } from './signing/keyring'
import { verifierRules } from './signing/verifier'

export interface StreamRouterOptions
  extends RequireSignedUrlOptions, RangeStreamOptions, StreamErrorHandlerOptions {
  /**
   * Which pages of other origins may read answers; false where the app sets CORS fields itself.
   * @defaultValue any origin, without credentials
   */
  readonly cors?: CrossOriginOptions | false | undefined
}

/** A handler to mount in Express 4 or 5, or to give to `http.createServer`. */
export type StreamRouter = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void

const routerRules = { ...verifierRules, ...rangeStreamRules, cors: crossOriginRule, messages: messagesRule }

/**
 * Makes the handler that serves signed tracks at `/{id}` below where it is mounted. Any other path is handed on.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * app.use('/stream', createStreamRouter({ dir: 'audio', secret: process.env.SECRET_KEY }))
 */
export function createStreamRouter(options: StreamRouterOptions): StreamRouter
/** The same with the two options that are always needed in front. */
export function createStreamRouter(
  dir: string,
  secret: Secret | readonly Secret[] | undefined,
  options?: Omit<StreamRouterOptions, 'dir' | 'secret'>,
): StreamRouter
export function createStreamRouter(
  first: StreamRouterOptions | string,
  secret?: Secret | readonly Secret[],
  others?: Omit<StreamRouterOptions, 'dir' | 'secret'>,
): StreamRouter {
  const maker = 'createStreamRouter'
  const options = typeof first === 'string' ? { ...others, dir: first, secret } : first
  const settings = judgeOptions<StreamRouterOptions>(maker, options, routerRules)
  const observer = createObserver(settings.logger)
  const source = createSource(settings, maker)
  const authorize = createAuthorizer(settings, maker, observer)
  const serveTrack = createTrackServer(source, settings, observer)
  const crossOrigin = settings.cors === false ? undefined : createCrossOrigin(settings.cors ?? {})

  async function answer(req: StreamRequest, res: ServerResponse, segment: string): Promise<void> {
    readMethod(req, observer)
    req.params = { ...req.params, id: decodeSegment(segment) }
    req.grant = authorize(req)
    await serveTrack(req, res)
  }

  return function streamRouter(req, res, next) {
    const segment = onlySegment(req.url ?? '')
    if (segment === undefined) {
      if (next !== undefined) next()
      else writeRefusal(req, res, observer.refusal(req, new StreamError('NOT_FOUND')), settings.messages)
      return
    }

    function fail(error: unknown): void {
      if (error instanceof StreamError) writeRefusal(req, res, error, settings.messages)
      else if (next !== undefined) next(error)
      else res.destroy()
    }
    function proceed(error?: unknown): void {
      if (error !== undefined) fail(error)
      else if (crossOrigin !== undefined && isPreflight(req)) res.writeHead(204).end()
      else answer(req, res, segment ?? '').catch(fail)
    }

    if (crossOrigin === undefined) proceed()
    else crossOrigin(req, res, proceed)
  }
}

/** The one segment of a path such as `/track1`; undefined for any other path. Express 4 drops a doubled slash, so we do. */
function onlySegment(url: string): string | undefined {
  return /^\/+([^/]+)$/.exec(splitTarget(url).path)?.[1]
}
