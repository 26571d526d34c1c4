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
import { createSource, rangeStreamRules, type RangeStreamOptions } from './middleware/range-stream-options'
import { createAuthorizer, type RequireSignedUrlOptions } from './middleware/require-signed-url'
import { createTrackServer, readMethod } from './middleware/track-server'
import { judgeOptions } from './options'
import { verifierRules, type Grant } from './signing/verifier'

export interface StreamRouterOptions
  extends RequireSignedUrlOptions, RangeStreamOptions, StreamErrorHandlerOptions {
  /**
   * Which pages of other origins may read answers; false where the app sets CORS fields itself.
   * @defaultValue any origin, without credentials
   */
  readonly cors?: CrossOriginOptions | false | undefined
}

export interface StreamHandlerOptions extends StreamRouterOptions {
  /**
   * The path below which tracks are served, such as `/stream`.
   * @defaultValue `''`, the root
   */
  readonly path?: string | undefined
}

/** A handler for `http.createServer`, Express 4 and 5, Connect, Polka and alike. */
export type StreamHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void

const routerRules = { ...verifierRules, ...rangeStreamRules, cors: crossOriginRule, messages: messagesRule }
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

/** The router's half of the options, judged for `maker`. */
export function assembleRouter(maker: string, options: unknown): StreamHandler {
  return assemble(maker, judgeOptions<StreamRouterOptions>(maker, options, routerRules), '')
}

function assemble(maker: string, settings: Partial<StreamRouterOptions>, base: string): StreamHandler {
  const observer = createObserver(settings.logger)
  const source = createSource(settings, maker)
  const authorize = createAuthorizer(settings, maker, observer)
  const crossOrigin = settings.cors === false ? undefined : createCrossOrigin(settings.cors ?? {})
  const serveTrack = createTrackServer(source, settings, observer, crossOrigin?.fields)

  function judge(req: StreamRequest, segment: string): Grant | StreamError {
    const method = readMethod(req, observer)
    if (method instanceof StreamError) return method
    return authorize(req, decodeSegment(segment))
  }

  function answer(
    req: StreamRequest,
    res: ServerResponse,
    segment: string,
    fail: (error: unknown) => void,
  ): void {
    let grant: Grant | StreamError
    try {
      grant = judge(req, segment)
    } catch (error) {
      fail(error)
      return
    }
    if (grant instanceof StreamError) fail(grant)
    else serveTrack(req, res, fail, grant)
  }

  return function streamHandler(req, res, next) {
    function fail(error: unknown): void {
      if (error instanceof StreamError) writeRefusal(req, res, error, settings.messages, crossOrigin?.fields)
      else if (next !== undefined) next(error)
      else res.destroy()
    }

    const segment = onlySegment(String(req.url), base)
    if (segment === undefined) {
      if (next !== undefined) next()
      else fail(observer.refusal(req, new StreamError('NOT_FOUND')))
    } else if (crossOrigin !== undefined && isPreflight(req)) {
      crossOrigin.handle(req, res, error => {
        if (error === undefined) res.writeHead(204).end()
        else fail(error)
      })
    } else if (crossOrigin !== undefined && crossOrigin.fields === undefined) {
      crossOrigin.handle(req, res, error => {
        if (error === undefined) answer(req, res, segment, fail)
        else fail(error)
      })
    } else {
      answer(req, res, segment, fail)
    }
  }
}

/** The one segment below `base`; undefined for any other path. Express 4 drops a doubled slash, so we do. */
function onlySegment(url: string, base: string): string | undefined {
  const { path } = splitTarget(url)
  return path.startsWith(base) ? /^\/+([^/]+)$/.exec(path.slice(base.length))?.[1] : undefined
}
