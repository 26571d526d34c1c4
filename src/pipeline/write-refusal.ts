/** Writes refusals: plain text, or problem details (RFC 9457) if the client prefers JSON. */
import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http'
import { removeFields, writeHead } from '../delivery/write-head'
import type { StreamError } from '../errors'
import { prefersJson } from '../http/accept'
import { COMMON_HEADERS } from '../http/common-headers'
import { trimWhiteSpace } from '../http/list'
import type { ResponseHeaders } from '../http/response-plan'
import type { RefusalTexts } from './refusal-text'

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
 * Writes the whole response of a refusal. It names the language of its text if that is known, and says that it varies by
 * `Accept-Language` if the app chooses the text by the request.
 *
 * @param extraHeaders fields that it carries besides
 */
export function writeRefusal(
  req: IncomingMessage,
  res: ServerResponse,
  error: StreamError,
  texts: RefusalTexts,
  extraHeaders?: ResponseHeaders,
): void {
  const { headers, body } = isOpaqueMedia(req) ? NO_BODY : bodyOf(req, res, error, texts)
  removeFields(res, REPRESENTATION_FIELDS)
  writeHead(res, error.status, {
    ...headers,
    'Content-Length': Buffer.byteLength(body),
    ...COMMON_HEADERS,
    ...extraHeaders,
    ...error.headers,
  })
  res.end(body)
}

interface Body {
  /** What describes it. */
  readonly headers: ResponseHeaders
  readonly body: string
}

const NO_BODY: Body = { headers: {}, body: '' }

function bodyOf(req: IncomingMessage, res: ServerResponse, error: StreamError, texts: RefusalTexts): Body {
  const { text, language } = texts.of(req, error)
  const isJson = prefersJson(req.headers.accept)
  return {
    headers: {
      'Content-Type': isJson ? 'application/problem+json' : 'text/plain; charset=utf-8',
      ...(language !== undefined && { 'Content-Language': language }),
      ...(texts.isChosen && { Vary: withField(res.getHeader('Vary'), 'Accept-Language') }),
    },
    body: isJson ? problem(error, text) : text,
  }
}

/** @param vary what the app and CORS have set */
function withField(vary: OutgoingHttpHeader | undefined, name: string): string {
  const names = [vary ?? []].flat().flatMap(value => String(value).split(',').map(trimWhiteSpace))
  const isNamed = names.some(each => each === '*' || each.toLowerCase() === name.toLowerCase())
  return (isNamed ? names : [...names, name]).join(', ')
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
