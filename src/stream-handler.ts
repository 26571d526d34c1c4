/** The whole job as one handler, in the two forms that apps mount: CORS, methods, ids, signatures, tracks, refusals. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StreamError, unavailable } from './errors'
import { decodeSegment, splitTarget } from './http/request-target'
import type { StreamErrorHandlerOptions } from './middleware/error-handler'
import type { RequireSignedUrlOptions } from './middleware/require-signed-url'
import { rules, type OptionRule } from './option-rules'
import { readOptions, withDefault, type OptionReaders, type SettingsOf } from './options'
import { GrantedStreams, type Drain } from './pipeline/granted-streams'
import { createAuthorizer } from './pipeline/authorize'
import { checkAddress, checkMethod } from './pipeline/check-request'
import { checkOptions, chooseLinks } from './pipeline/choose-links'
import { chooseSource } from './pipeline/choose-source'
import { createCrossOrigin } from './pipeline/cross-origin'
import { readCrossOrigin, type CrossOriginOptions } from './pipeline/cross-origin-options'
import { createDescribeTrack, type DescribeTrack } from './pipeline/describe-track'
import { createObserver } from './pipeline/observer'
import { chooseOffload } from './pipeline/offload/choose-offload'
import { Refusal } from './pipeline/refusal'
import { goOn, isNext, type Next } from './pipeline/host-next'
import { createRespondToFailure } from './pipeline/respond-to-failure'
import { createResponder } from './pipeline/responder'
import { createRouteWarning } from './pipeline/route-warning'
import { createServeTrack, type Fail } from './pipeline/serve-track'
import { rawQuery, type StreamRequest } from './pipeline/stream-request'
import { trackOptions, type RangeStreamOptions } from './pipeline/track-options'
import { messagesRule } from './pipeline/refusal-text'
import type { Grant } from './signing/authenticate-link'
import type { Secrets } from './signing/keyring'
import type { TrackAddress } from './track-address'

export interface StreamRouterOptions
  extends RequireSignedUrlOptions, Omit<RangeStreamOptions, 'unsigned'>, StreamErrorHandlerOptions {
  /**
   * Which pages of other origins may read responses; false if the app sets CORS fields itself.
   * @defaultValue any origin, without credentials
   */
  readonly cors?: CrossOriginOptions | false | undefined
  /**
   * Streams that one client (an IPv4 address, or an IPv6 /64) may have at a time, 429 beyond; 0 for no limit. Only
   * granted requests count.
   * @defaultValue 0
   */
  readonly maxStreamsPerClient?: number | undefined
}

export interface StreamHandlerOptions extends StreamRouterOptions {
  /**
   * The path below which tracks are served, such as `/stream`.
   * @defaultValue `''`, the root
   */
  readonly path?: string | undefined
}

/** A handler for `http.createServer`, Express 4 and 5, Connect, Polka and the like. */
export interface StreamHandler {
  (req: IncomingMessage, res: ServerResponse, next?: Next): void
  /**
   * Describes the track that `id` means, by the code that serves it; undefined if there is none.
   *
   * @throws (rejects with) StreamError `SOURCE_UNAVAILABLE` if the storage cannot tell
   */
  readonly describe: DescribeTrack
  /**
   * Prepares the end of the process: new requests for tracks are refused with 503 (`DRAINING`, with `Retry-After`),
   * responses in progress may finish, and their connections close then. After `timeout`, the rest are disconnected, and
   * their outcome is `ended`; players resume elsewhere. Counts granted requests of this handler whose turn on their
   * connection has come. It does not close the server: call `server.close()` for that.
   *
   * @returns how they ended; never rejects. Calls after the first return the same promise
   * @throws TypeError for a `timeout` that is not a number of milliseconds
   * @example
   * const stream = createStreamRouter({ dir: 'audio', secret })
   * process.once('SIGTERM', async () => {
   *   server.close()
   *   const { finished, left, ended } = await stream.drain({ timeout: 25_000 })
   *   console.log(`${finished} finished, ${left} left, ${ended} were disconnected`)
   *   server.closeAllConnections()
   * })
   */
  readonly drain: Drain
}

const routerOptions = {
  ...checkOptions,
  ...trackOptions,
  cors: readCrossOrigin,
  maxStreamsPerClient: withDefault(rules.count, 0),
  messages: withDefault(messagesRule, {}),
} satisfies OptionReaders<StreamRouterOptions>

const pathRule: OptionRule<string> = {
  accepts: (value): value is string => typeof value === 'string' && /^(?:\/[^/?#]+)*$/.test(value),
  expected: 'a path such as "/stream", or ""',
}

const handlerOptions = {
  ...routerOptions,
  path: withDefault(pathRule, ''),
} satisfies OptionReaders<StreamHandlerOptions>

/**
 * Makes the handler that serves signed tracks at `{path}/{id}`, and at `{path}/{id}.mp3` if that is what they are: the
 * extension is not signed. It needs no Express: give it to `http.createServer`, or put it in front of an app, whose
 * middlewares then do not run for streams. It passes any other path to `next`, and responds with 404 if there is none.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * const stream = createStreamHandler({ path: '/stream', dir: 'audio', secret })
 * const server = http.createServer((req, res) => stream(req, res, () => app(req, res)))
 */
export function createStreamHandler(options: StreamHandlerOptions): StreamHandler {
  const maker = 'createStreamHandler'
  const settings = readOptions(maker, options, handlerOptions)
  return assemble(maker, settings, settings.path)
}

/**
 * Makes the handler that serves signed tracks at `/{id}` below its mount path, and at `/{id}.mp3` if that is what they
 * are: the extension is not signed. It passes any other path on.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * app.use('/stream', createStreamRouter({ dir: 'audio', secret: process.env.SECRET_KEY }))
 */
export function createStreamRouter(options: StreamRouterOptions): StreamHandler
/** The same with the two options that are always needed in front. */
export function createStreamRouter(
  dir: string,
  secret: Secrets | undefined,
  options?: Omit<StreamRouterOptions, 'dir' | 'secret'>,
): StreamHandler
export function createStreamRouter(
  first: StreamRouterOptions | string,
  secret?: Secrets,
  others?: Omit<StreamRouterOptions, 'dir' | 'secret'>,
): StreamHandler {
  const maker = 'createStreamRouter'
  const options = typeof first === 'string' ? { ...others, dir: first, secret } : first
  return assemble(maker, readOptions(maker, options, routerOptions), '')
}

function assemble(maker: string, settings: SettingsOf<typeof routerOptions>, base: string): StreamHandler {
  const observer = createObserver(settings.logger, settings.onCompletion)
  const source = chooseSource(maker, settings, observer)
  const authorize = createAuthorizer(chooseLinks(maker, settings), observer)
  const crossOrigin = createCrossOrigin(settings.cors, settings.requestIdHeader)
  const streams = new GrantedStreams(settings.maxStreamsPerClient)
  const serveTrack = createServeTrack(
    source,
    {
      ...settings,
      extraHeaders: crossOrigin.headers,
      offload: chooseOffload(maker, settings, source, crossOrigin.headers),
      streams,
    },
    observer,
  )
  const { messages, requestIdHeader } = settings
  const responder = createResponder(observer, messages, crossOrigin.headers, requestIdHeader)
  const respondToFailure = createRespondToFailure(observer, responder)
  const warnOfRoute = createRouteWarning(maker)

  function serve(req: StreamRequest, res: ServerResponse, segment: string, query: string, fail: Fail): void {
    const method = checkMethod(req)
    const address = method instanceof Refusal ? method : checkAddress(decodeSegment(segment))
    if (address instanceof Refusal) {
      fail(address)
      return
    }
    const grant = authorize(req, address.id, query)
    if (grant instanceof Promise) {
      grant
        .then(settled => {
          proceed(req, res, settled, address, fail)
        })
        .catch(fail)
    } else {
      proceed(req, res, grant, address, fail)
    }
  }

  function proceed(
    req: StreamRequest,
    res: ServerResponse,
    grant: Grant | Refusal,
    address: TrackAddress,
    fail: Fail,
  ): void {
    if (grant instanceof Refusal) fail(grant)
    else serveTrack(req, res, fail, grant, address)
  }

  function streamHandler(req: StreamRequest, res: ServerResponse, next?: Next): void {
    function fail(failure: unknown): void {
      respondToFailure(req, res, failure, next)
    }

    try {
      const target = splitTarget(String(req.url))
      const segment = onlySegment(target.path, base)
      if (segment === undefined) {
        warnOfRoute(req)
        if (isNext(next)) goOn(req, res, next, responder.end)
        else fail(new Refusal(new StreamError('NOT_FOUND')))
        return
      }
      const query = req.originalUrl === undefined ? target.query : rawQuery(req)
      if (crossOrigin.isConstant(req)) {
        serve(req, res, segment, query, fail)
        return
      }
      crossOrigin.apply(
        req,
        res,
        () => {
          serve(req, res, segment, query, fail)
        },
        error => {
          // A callback of the app failed: its own error handler comes first.
          observer.fault(error, req)
          fail(isNext(next) ? error : new Refusal(unavailable(error)))
        },
      )
    } catch (error) {
      fail(error)
    }
  }

  return Object.assign(streamHandler, {
    describe: createDescribeTrack(source),
    drain: streams.drain.bind(streams),
  })
}

/** The one segment of `path` below `base`; undefined for any other path. Express 4 drops a doubled slash, so we do. */
function onlySegment(path: string, base: string): string | undefined {
  if (!path.startsWith(base)) return undefined
  let start = base.length
  while (path[start] === '/') start++
  const isBelow = start > base.length && start < path.length
  return isBelow && !path.includes('/', start) ? path.slice(start) : undefined
}
