/** The error handler of an Express app: responds to refusals as the router does. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StreamError } from '../errors'
import { loggerRule, type StreamLogger } from '../logger'
import { optional, readOptions, withDefault, type OptionReaders } from '../options'
import { goOn, isNext, passOn, type Next } from '../pipeline/host-next'
import { createObserver } from '../pipeline/observer'
import { messagesRule, type RefusalMessages } from '../pipeline/refusal-text'
import { createResponder } from '../pipeline/responder'
import { warnOnce } from '../warn-once'

export interface StreamErrorHandlerOptions {
  /**
   * Texts that replace the default ones, by code, such as {@link ENGLISH_MESSAGES}; or a function that gives the texts
   * of one request. It must return at once. If it throws or returns anything else, that is logged, and the response has
   * the default text.
   *
   * A response carries the `language` of the texts as `Content-Language` (`fr` for a default text). If a function
   * chooses them, it also carries `Vary: Accept-Language`, beside what the app has set: a function that looks at another
   * field than that should be behind a middleware that adds its name to `Vary`. No cache may store a refusal anyway.
   * @defaultValue the French texts, which docs/http.md lists
   * @example
   * app.use('/stream', createStreamRouter({
   *   dir: 'audio',
   *   secret,
   *   messages: req => (req.acceptsLanguages('fr', 'en') === 'fr' ? {} : ENGLISH_MESSAGES),
   * }))
   */
  readonly messages?: RefusalMessages | undefined
  /**
   * Logs what a function for `messages` throws, and errors that it had to respond to because the host gave no `next`; a
   * pino logger or the console.
   * @defaultValue none: the first fault is a warning of the process
   */
  readonly logger?: StreamLogger | undefined
}

const readers = {
  messages: withDefault(messagesRule, {}),
  logger: optional(loggerRule),
} satisfies OptionReaders<StreamErrorHandlerOptions>

/** An error handler for Express 4 and 5, Connect, and `onError` of Polka. */
export type StreamErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

const MISPLACED =
  'streamErrorHandler was called without an error: the host calls it as any other middleware. ' +
  'Give it to Polka as onError; on a server without error handling, call it with (error, req, res)'

/** Express may hold the same handler in several places; only a host that has no other one comes back more often. */
const MAX_PASSES = 8

/**
 * Makes an error handler that responds to a {@link StreamError} as the router does, and passes any other error on. It
 * responds to a path that Express cannot decode as to `INVALID_ID`.
 *
 * A host that gives no `next`, or one that leads back here, as Polka does, has no other error handler. The response to
 * any other error is empty then: its `status` or `statusCode`, or the numeric `code` that Polka gives a path that
 * nothing serves, and 500 for anything else.
 *
 * @throws TypeError that names the option that is wrong
 * @example
 * app.use(streamErrorHandler({ messages: { NOT_FOUND: 'No such track' } }))
 */
export function streamErrorHandler(options: StreamErrorHandlerOptions = {}): StreamErrorMiddleware {
  const { messages, logger } = readOptions('streamErrorHandler', options, readers)
  const { refuse, end } = createResponder(createObserver(logger), messages)
  const passes = new WeakMap<ServerResponse, number>()
  const warn = warnOnce('EXPRESS_SIGNED_STREAM_ERROR_HANDLER')

  function endForeign(req: IncomingMessage, res: ServerResponse, error: unknown): void {
    end(req, res, error, statusOf(error))
  }

  function passForeign(error: unknown, req: IncomingMessage, res: ServerResponse, next: Next): void {
    const count = (passes.get(res) ?? 0) + 1
    passes.set(res, count)
    if (count > MAX_PASSES) endForeign(req, res, error)
    else passOn(req, res, error, next, endForeign)
  }

  function passWithoutError(req: IncomingMessage, res: ServerResponse, next: Next | undefined): void {
    if (isNext(next)) goOn(req, res, next, end)
    else end(req, res, new StreamError('NOT_FOUND'), 404)
  }

  return function streamErrorMiddleware(error, req, res, next) {
    if (isMiddlewareCall(res)) {
      warn(() => MISPLACED)
      passWithoutError(error as IncomingMessage, req as unknown as ServerResponse, res)
      return
    }
    const refusal = isUndecodablePath(error) ? new StreamError('INVALID_ID', { cause: error }) : error
    if (refusal instanceof StreamError && !res.headersSent) refuse(req, res, refusal)
    else passForeign(error, req, res, next)
  }
}

/** Whether the arguments are `(req, res, next)`: a host that does not look at the length of a function calls it so. */
function isMiddlewareCall(third: unknown): third is Next | undefined {
  return typeof third === 'function' || third === undefined
}

/** The status that an error asks for, as Express and Polka take it. */
function statusOf(error: unknown): number {
  try {
    const { status, statusCode, code } = error as Record<string, unknown>
    return [status, statusCode, code].find(isErrorStatus) ?? 500
  } catch {
    return 500
  }
}

function isErrorStatus(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 400 && Number(value) < 600
}

/** What Express 4 and 5 throw for a route parameter such as `%zz`. */
function isUndecodablePath(error: unknown): boolean {
  return error instanceof URIError && (error as { status?: unknown }).status === 400
}
