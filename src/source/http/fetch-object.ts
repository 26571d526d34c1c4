/** One GET or HEAD to the origin, with its redirects, and what its status means. */
import type { IncomingMessage } from 'node:http'
import { parseHttpDate } from '../../http/http-date'
import { readRetryAfter } from '../ranged/retry-after'
import type { StoreResponse, StoreContent } from '../ranged/store'
import { unusable } from '../ranged/unusable'
import { SourceError, toSourceError } from '../source'
import { untilAborted } from '../until-aborted'
import type { HttpSettings, RequestHeaders } from './http-options'
import { parseUrl } from './parse-url'
import { createSender } from './send-request'

/** Ranges are taken from the body, so it may not be compressed. */
const FIXED_HEADERS = { 'accept-encoding': 'identity' }

/** A redirect to a server elsewhere would take the app's credentials there, or lead into a private network. */
const MAX_REDIRECTS = 3

type FetchObject = (
  method: 'GET' | 'HEAD',
  url: URL,
  fields: RequestHeaders,
  signal: AbortSignal,
) => Promise<StoreResponse>

export function createFetchObject({ headers = {}, sign, agent }: HttpSettings): FetchObject {
  const send = createSender(agent)
  const ownHeaders = lowerCased(headers)

  async function sendSigned(
    method: 'GET' | 'HEAD',
    url: URL,
    fields: RequestHeaders,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const fixed = { ...FIXED_HEADERS, ...fields }
    const unsigned = { ...ownHeaders, ...fixed }
    if (sign === undefined) return send(method, url, unsigned, signal)
    const signed = await untilAborted(sign({ method, url: new URL(url), headers: unsigned, signal }), signal)
    const target = signed?.url === undefined ? url : parseUrl(String(signed.url))
    if (target?.origin !== url.origin) throw new Error('sign must return a URL of the same origin')
    return send(method, target, { ...unsigned, ...lowerCased(signed?.headers ?? {}), ...fixed }, signal)
  }

  return async function fetchObject(method, url, fields, signal) {
    try {
      let target = url
      for (let redirects = 0; ; redirects++) {
        const response = await sendSigned(method, target, fields, signal)
        const location = findRedirect(response)
        if (location === undefined) return readResponse(response, method)
        response.destroy()
        if (redirects === MAX_REDIRECTS)
          throw unusable('unavailable', `It redirects more than ${MAX_REDIRECTS} times`)
        target = followed(target, location)
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw toSourceError(error, 'unavailable')
    }
  }
}

function lowerCased(headers: RequestHeaders): RequestHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function findRedirect({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  return [301, 302, 303, 307, 308].includes(statusCode) ? headers.location : undefined
}

function followed(from: URL, location: string): URL {
  const to = parseUrl(location, from)
  if (to?.origin !== from.origin) {
    const other = to === undefined ? 'what is not a URL' : to.origin
    const problem = `It redirects from ${from.origin} to ${other}: only redirects to the same origin are followed`
    throw unusable('unavailable', problem)
  }
  to.username = from.username
  to.password = from.password
  return to
}

function readResponse(response: IncomingMessage, method: 'GET' | 'HEAD'): StoreResponse {
  const { statusCode: status = 0, headers } = response
  if (status === 200 || status === 206) return readContent(response, method)
  // A body that nobody reads would keep its connection.
  if (status === 304) response.resume()
  else response.destroy()
  switch (status) {
    case 304:
      return { kind: 'unchanged' }
    case 404:
    case 410:
      return { kind: 'missing' }
    case 412:
      return { kind: 'precondition_failed' }
    case 416:
      return { kind: 'unsatisfiable' }
    default:
      throw new SourceError('unavailable', {
        cause: new Error(`The origin responded with ${status}`),
        retryAfter: readRetryAfter(headers['retry-after']),
        isDenied: [401, 402, 403, 407, 451].includes(status),
        isPermanent: status >= 300 && status < 500 && ![408, 425, 429].includes(status),
      })
  }
}

function readContent(response: IncomingMessage, method: 'GET' | 'HEAD'): StoreContent {
  const { statusCode, headers } = response
  const length = headers['content-length']
  // Nobody may be listening when the connection breaks, and an error without a listener ends the process.
  response.on('error', () => undefined)
  if (method === 'HEAD') response.resume()
  return {
    kind: 'content',
    isPartial: statusCode === 206,
    contentLength: length === undefined ? undefined : Number(length),
    contentRange: headers['content-range'],
    contentType: headers['content-type'],
    contentEncoding: headers['content-encoding'],
    etag: headers.etag,
    lastModified: readDate(headers['last-modified']),
    date: readDate(headers.date),
    version: undefined,
    body: method === 'HEAD' ? undefined : response,
    release: () => {
      // Reading the end of a body leaves its connection to the next request.
      if (!response.readableEnded && method === 'GET') response.destroy()
    },
  }
}

function readDate(field: string | undefined): number | undefined {
  return field === undefined ? undefined : parseHttpDate(field, Date.now() / 1000)
}
