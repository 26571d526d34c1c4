/** Writes refusals: plain text, or problem details (RFC 9457) where the client prefers JSON. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { removeFields, writeHead } from '../delivery/write-head'
import { StreamError, STREAM_ERROR_CODES, type StreamErrorCode } from '../errors'
import { prefersJson } from '../http/accept'
import { PROTECTIVE_HEADERS } from '../http/protective-headers'
import type { ResponseHeaders } from '../http/response-plan'
import { isRecord, judgeOptions, type OptionRule } from '../options'

/** Texts that replace the default ones, by code. */
export type StreamMessages = Readonly<Partial<Record<StreamErrorCode, string>>>

export interface StreamErrorHandlerOptions {
  /**
   * Texts that replace the default ones, by code.
   * @defaultValue the texts of the README's table
   */
  readonly messages?: StreamMessages | undefined
}

/** An error handler for Express 4 and 5. */
export type StreamErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

const codes: ReadonlySet<string> = new Set(STREAM_ERROR_CODES)

export const messagesRule: OptionRule = {
  accepts: value =>
    isRecord(value) &&
    Object.entries(value).every(([code, text]) => codes.has(code) && typeof text === 'string'),
  expected: `texts by code, the codes being ${STREAM_ERROR_CODES.join(', ')}`,
}

/**
 * Makes an error handler that answers a {@link StreamError} as the router does, and hands any other error on. A path
 * that Express could not decode is answered as `INVALID_ID` too.
 *
 * @throws TypeError that names the option that is wrong
 * @example
 * app.use(streamErrorHandler({ messages: { NOT_FOUND: 'No such track' } }))
 */
export function streamErrorHandler(options: StreamErrorHandlerOptions = {}): StreamErrorMiddleware {
  const { messages } = judgeOptions<StreamErrorHandlerOptions>('streamErrorHandler', options, {
    messages: messagesRule,
  })

  return function streamErrorMiddleware(error, req, res, next) {
    const refusal = isUndecodablePath(error) ? new StreamError('INVALID_ID', { cause: error }) : error
    if (refusal instanceof StreamError && !res.headersSent) writeRefusal(req, res, refusal, messages)
    else next(error)
  }
}

/** Fields that describe a representation: one that the app set before us is not true of a refusal. */
const REPRESENTATION_FIELDS = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Location',
  'Content-Range',
  'Content-Type',
  'ETag',
  'Expires',
  'Last-Modified',
]

/**
 * Writes the whole response of a refusal.
 *
 * @param fields what it carries besides
 */
export function writeRefusal(
  req: IncomingMessage,
  res: ServerResponse,
  error: StreamError,
  messages: StreamMessages = {},
  fields: ResponseHeaders = {},
): void {
  const { type, body } = bodyOf(req, error, messages[error.code] ?? error.message)
  removeFields(res, REPRESENTATION_FIELDS)
  writeHead(res, error.status, {
    ...(type !== undefined && { 'Content-Type': type }),
    'Content-Length': Buffer.byteLength(body),
    ...PROTECTIVE_HEADERS,
    ...fields,
    ...error.headers,
  })
  res.end(body)
}

function bodyOf(req: IncomingMessage, error: StreamError, text: string): { type?: string; body: string } {
  if (isOpaqueMedia(req)) return { body: '' }
  return prefersJson(req.headers.accept)
    ? { type: 'application/problem+json', body: problem(error, text) }
    : { type: 'text/plain; charset=utf-8', body: text }
}

/**
 * Whether a media element of another site asks without CORS. Chromium blocks a text there, takes that for a fault of
 * the network and repeats the request for half a minute; it takes an empty body as it is.
 */
function isOpaqueMedia({ headers }: IncomingMessage): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination, 'sec-fetch-site': site } = headers
  const isMedia = destination === 'audio' || destination === 'video'
  return isMedia && mode === 'no-cors' && site !== 'same-origin'
}

function problem({ code, status }: StreamError, title: string): string {
  return JSON.stringify({ type: 'about:blank', title, status, code })
}

/** What Express 4 and 5 throw for a route parameter such as `%zz`. */
function isUndecodablePath(error: unknown): boolean {
  return error instanceof URIError && (error as { status?: unknown }).status === 400
}
