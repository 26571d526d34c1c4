/** The error handler of an Express app: responds to refusals as the router does. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StreamError } from '../errors'
import { loggerRule, type StreamLogger } from '../logger'
import { optional, readOptions, withDefault, type OptionReaders } from '../options'
import { createObserver } from '../pipeline/observer'
import { createRefusalTexts, messagesRule, type RefusalMessages } from '../pipeline/refusal-text'
import { writeRefusal } from '../pipeline/write-refusal'

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
   * Logs what a function for `messages` throws; a pino logger or the console.
   * @defaultValue none: the first fault is a warning of the process
   */
  readonly logger?: StreamLogger | undefined
}

const readers = {
  messages: withDefault(messagesRule, {}),
  logger: optional(loggerRule),
} satisfies OptionReaders<StreamErrorHandlerOptions>

/** An error handler for Express 4 and 5. */
export type StreamErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Makes an error handler that responds to a {@link StreamError} as the router does, and passes any other error on. It
 * responds to a path that Express cannot decode as to `INVALID_ID`.
 *
 * @throws TypeError that names the option that is wrong
 * @example
 * app.use(streamErrorHandler({ messages: { NOT_FOUND: 'No such track' } }))
 */
export function streamErrorHandler(options: StreamErrorHandlerOptions = {}): StreamErrorMiddleware {
  const { messages, logger } = readOptions('streamErrorHandler', options, readers)
  const texts = createRefusalTexts(messages, createObserver(logger).textFault)

  return function streamErrorMiddleware(error, req, res, next) {
    const refusal = isUndecodablePath(error) ? new StreamError('INVALID_ID', { cause: error }) : error
    if (refusal instanceof StreamError && !res.headersSent) writeRefusal(req, res, refusal, texts)
    else next(error)
  }
}

/** What Express 4 and 5 throw for a route parameter such as `%zz`. */
function isUndecodablePath(error: unknown): boolean {
  return error instanceof URIError && (error as { status?: unknown }).status === 400
}
