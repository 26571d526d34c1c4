/** The error handler of an Express app: responds to refusals as the router does. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StreamError } from '../errors'
import { readOptions, withDefault, type OptionReaders } from '../options'
import { messagesRule, writeRefusal, type StreamMessages } from '../pipeline/write-refusal'

export interface StreamErrorHandlerOptions {
  /**
   * Texts that replace the default ones, by code.
   * @defaultValue the texts of the README's table
   */
  readonly messages?: StreamMessages | undefined
}

const readers = { messages: withDefault(messagesRule, {}) } satisfies OptionReaders<StreamErrorHandlerOptions>

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
  const { messages } = readOptions('streamErrorHandler', options, readers)

  return function streamErrorMiddleware(error, req, res, next) {
    const refusal = isUndecodablePath(error) ? new StreamError('INVALID_ID', { cause: error }) : error
    if (refusal instanceof StreamError && !res.headersSent) writeRefusal(req, res, refusal, messages)
    else next(error)
  }
}

/** What Express 4 and 5 throw for a route parameter such as `%zz`. */
function isUndecodablePath(error: unknown): boolean {
  return error instanceof URIError && (error as { status?: unknown }).status === 400
}
