/** Writes refusals: plain text, or problem details (RFC 9457) if the client prefers JSON. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { removeFields, writeHead } from '../delivery/write-head'
import { STREAM_ERROR_CODES, type StreamError, type StreamErrorCode } from '../errors'
import { prefersJson } from '../http/accept'
import { COMMON_HEADERS } from '../http/common-headers'
import type { ResponseHeaders } from '../http/response-plan'
import { isRecord, type OptionRule } from '../option-rules'

/** Texts that replace the default ones, by code. */
export type StreamMessages = Readonly<Partial<Record<StreamErrorCode, string>>>

const codes: ReadonlySet<string> = new Set(STREAM_ERROR_CODES)

export const messagesRule: OptionRule<StreamMessages> = {
  accepts: (value): value is StreamMessages =>
    isRecord(value) &&
    Object.entries(value).every(([code, text]) => codes.has(code) && typeof text === 'string'),
  expected: `texts by code, the codes being ${STREAM_ERROR_CODES.join(', ')}`,
}

/** Fields that describe a representation: what the app set before us is not true of a refusal. */
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
 * @param extraHeaders fields that it carries besides
 */
export function writeRefusal(
  req: IncomingMessage,
  res: ServerResponse,
  error: StreamError,
  messages: StreamMessages,
  extraHeaders?: ResponseHeaders,
): void {
  const { type, body } = bodyOf(req, error, messages[error.code] ?? error.message)
  removeFields(res, REPRESENTATION_FIELDS)
  writeHead(res, error.status, {
    ...(type !== undefined && { 'Content-Type': type }),
    'Content-Length': Buffer.byteLength(body),
    ...COMMON_HEADERS,
    ...extraHeaders,
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
 * Whether a media element of another site sent the request without CORS. Chromium blocks a text then, takes that for a
 * fault of the network and repeats the request for half a minute; it accepts an empty body.
 */
function isOpaqueMedia({ headers }: IncomingMessage): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination, 'sec-fetch-site': site } = headers
  const isMedia = destination === 'audio' || destination === 'video'
  return isMedia && mode === 'no-cors' && site !== 'same-origin'
}

function problem({ code, status }: StreamError, title: string): string {
  return JSON.stringify({ type: 'about:blank', title, status, code })
}
