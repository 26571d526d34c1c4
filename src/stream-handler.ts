/** The whole job as one handler, in the two forms that apps mount: CORS, methods, ids, signatures, tracks, refusals. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { writeHead } from './delivery/write-head'
import { StreamError, unavailable } from './errors'
import { decodeSegment, splitTarget } from './http/request-target'
import { createAdmission } from './pipeline/admission'
import {
  createCrossOrigin,
  crossOriginRule,
  isPreflight,
  type CrossOrigin,
  type CrossOriginOptions,
} from './pipeline/cross-origin'
import type { StreamErrorHandlerOptions } from './middleware/error-handler'
import type { StreamRequest } from './pipeline/stream-request'
import { createObserver } from './pipeline/observer'
import { rangeStreamRules, type RangeStreamOptions } from './pipeline/track-options'
import { createSource } from './pipeline/choose-source'
import { createAuthorizer } from './pipeline/authorize'
import { checkMethod } from './pipeline/check-request'
import { messagesRule, writeRefusal } from './pipeline/write-refusal'
import type { RequireSignedUrlOptions } from './middleware/require-signed-url'
import { createServeTrack } from './pipeline/serve-track'
import { judgeOptions, rules } from './options'
import type { Secret } from './signing/keyring'
import { verifierRules, type Grant } from './signing/verifier'
import { SourceFault, type TrackDescription } from './source/source'
import { isTrackId } from './track-id'

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
  (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void
  /**
   * Describes the track that `id` means, by the code that serves it; undefined if there is none.
   *
   * @throws (rejects with) StreamError `SOURCE_UNAVAILABLE` if the storage cannot tell
   */
  describe(id: string, options?: { readonly signal?: AbortSignal }): Promise<TrackDescription | undefined>
}

const routerRules = {
  ...verifierRules,
  ...rangeStreamRules,
  cors: crossOriginRule,
  maxStreamsPerClient: rules.count,
  messages: messagesRule,
}
const handlerRules = {
  ...routerRules,
  path: {
    accepts: (value: unknown) => typeof value === 'string' && /^(?:\/[^/?#]+)*$/.test(value),
    expected: 'a path such as "/stream", or ""',
  },
}

/**
 * Makes the handler that serves signed tracks at `{path}/{id}`. It needs no Express: give it to `http.createServer`,
 * or put it in front of an app, which then spends nothing on streams. Any other path is handed on to `next`, or is
 * answered 404 where there is none.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * const stream = createStreamHandler({ path: '/stream', dir: 'audio', secret })
 * const server = http.createServer((req, res) => stream(req, res, () => app(req, res)))
 */
export function createStreamHandler(options: StreamHandlerOptions): StreamHandler {
  const maker = 'createStreamHandler'
  const settings = judgeOptions<StreamHandlerOptions>(maker, options, handlerRules)
  return assemble(maker, settings, settings.path ?? '')
}

/**
 * Makes the handler that serves signed tracks at `/{id}` below where it is mounted. Any other path is handed on.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * app.use('/stream', createStreamRouter({ dir: 'audio', secret: process.env.SECRET_KEY }))
 */
export function createStreamRouter(options: StreamRouterOptions): StreamHandler
/** The same with the two options that are always needed in front. */
export function createStreamRouter(
  dir: string,
  secret: Secret | readonly Secret[] | undefined,
  options?: Omit<StreamRouterOptions, 'dir' | 'secret'>,
): StreamHandler
export function createStreamRouter(
  first: StreamRouterOptions | string,
  secret?: Secret | readonly Secret[],
  others?: Omit<StreamRouterOptions, 'dir' | 'secret'>,
): StreamHandler {
  const options = typeof first === 'string' ? { ...others, dir: first, secret } : first
  const maker = 'createStreamRouter'
  return assemble(maker, judgeOptions<StreamRouterOptions>(maker, options, routerRules), '')
}

function assemble(maker: string, settings: Partial<StreamRouterOptions>, base: string): StreamHandler {
  const observer = createObserver(settings.logger)
  const source = createSource(settings, maker)
  const authorize = createAuthorizer(settings, maker, observer)
  const crossOrigin = settings.cors === false ? undefined : createCrossOrigin(settings.cors ?? {})
  const serveTrack = createServeTrack(
    source,
    { ...settings, fields: crossOrigin?.fields, admit: createAdmission(settings.maxStreamsPerClient ?? 0) },
    observer,
  )
  const warnOfRoute = createRouteWarning(maker)

  function authorizeRequest(req: StreamRequest, segment: string): Grant | StreamError {
    const method = checkMethod(req, observer)
    return method instanceof StreamError ? method : authorize(req, decodeSegment(segment))
  }

  function streamHandler(req: StreamRequest, res: ServerResponse, next?: (error?: unknown) => void): void {
    /** The one way out for what is not served. */
    function fail(error: unknown): void {
      try {
        if (error instanceof StreamError)
          writeRefusal(req, res, error, settings.messages, crossOrigin?.fields)
        else if (next !== undefined) next(error)
        else endFaulty(error)
      } catch (fault) {
        endFaulty(fault)
      }
    }

    /** Without a host that would respond to a fault. */
    function endFaulty(fault: unknown): void {
      observer.fault(fault)
      if (res.headersSent) {
        res.destroy()
        return
      }
      writeHead(res, 500, { 'Content-Length': 0, 'Cache-Control': 'no-store', Connection: 'close' })
      res.end()
    }

    /** A callback of the app failed: its own error handler has the first say. */
    function failForApp(error: unknown): void {
      observer.fault(error)
      fail(next === undefined ? observer.refusal(req, unavailable(error)) : error)
    }

    function serve(segment: string): void {
      const grant = authorizeRequest(req, segment)
      if (grant instanceof StreamError) fail(grant)
      else serveTrack(req, res, fail, grant)
    }

    /** Calls `proceed` with the CORS fields set. */
    function withCrossOrigin({ handle }: CrossOrigin, proceed: () => void): void {
      handle(req, res, error => {
        if (error === undefined) attempt(proceed)
        else failForApp(error)
      })
    }

    function attempt(action: () => void): void {
      try {
        action()
      } catch (error) {
        fail(error)
      }
    }

    attempt(() => {
      const segment = onlySegment(String(req.url), base)
      if (segment === undefined) {
        warnOfRoute(req)
        if (next !== undefined) next()
        else fail(observer.refusal(req, new StreamError('NOT_FOUND')))
      } else if (crossOrigin !== undefined && isPreflight(req)) {
        withCrossOrigin(crossOrigin, () => {
          writeHead(res, 204, {})
          res.end()
        })
      } else if (crossOrigin !== undefined && crossOrigin.fields === undefined) {
        withCrossOrigin(crossOrigin, () => {
          serve(segment)
        })
      } else {
        serve(segment)
      }
    })
  }

  async function describe(
    id: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<TrackDescription | undefined> {
    if (!isTrackId(id)) return undefined
    try {
      return await source.describe(id, { signal: signal ?? new AbortController().signal })
    } catch (error) {
      throw error instanceof SourceFault ? unavailable(error.cause ?? error) : error
    }
  }

  return Object.assign(streamHandler, { describe })
}

/** The one segment below `base`; undefined for any other path. Express 4 drops a doubled slash, so we do. */
function onlySegment(url: string, base: string): string | undefined {
  const { path } = splitTarget(url)
  return path.startsWith(base) ? /^\/+([^/]+)$/.exec(path.slice(base.length))?.[1] : undefined
}

/** @returns warns once if a route such as `app.get('/stream/:id', …)` leads to the handler, which then sees no path of its own */
function createRouteWarning(maker: string): (req: StreamRequest) => void {
  let hasWarned = false
  return function warnOfRoute({ route, params }) {
    if (hasWarned || route === undefined || params?.['id'] === undefined) return
    hasWarned = true
    process.emitWarning(
      `${maker}: a route with the parameter "id" leads here, so the path has more than the id: ` +
        "mount it by app.use('/stream', …) in place of app.get('/stream/:id', …)",
      { code: 'EXPRESS_SIGNED_STREAM_ROUTE' },
    )
  }
}
