/** Lets pages of other origins play, seek and read what they need to know (CORS, by the `cors` package). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import cors from 'cors'
import { isRecord, type OptionRule } from '../options'

/** Which origins may read; see the `origin` option of the `cors` package. */
export type AllowedOrigin =
  | boolean
  | string
  | RegExp
  | (boolean | string | RegExp)[]
  | ((
      origin: string | undefined,
      callback: (error: Error | null, origin?: boolean | string | RegExp) => void,
    ) => void)

export interface CrossOriginOptions {
  /**
   * The origins whose pages may read answers.
   * @defaultValue `'*'`
   */
  readonly origin?: AllowedOrigin | undefined
  /**
   * Whether pages may send cookies; needs an `origin` other than `'*'`.
   * @defaultValue false
   */
  readonly credentials?: boolean | undefined
  /**
   * Seconds for which a browser may remember the answer to a preflight.
   * @defaultValue 600
   */
  readonly maxAge?: number | undefined
}

const KNOWN = new Set(['origin', 'credentials', 'maxAge'])

export const crossOriginRule: OptionRule = {
  accepts: value => value === false || (isRecord(value) && Object.keys(value).every(name => KNOWN.has(name))),
  expected: 'false, or an object of origin, credentials and maxAge',
}

/** `*` covers any header but `Authorization`, and says nothing to requests with credentials; hence the others. */
const ALLOWED_HEADERS = [
  '*',
  'Authorization',
  'Range',
  'If-Range',
  'If-Match',
  'If-None-Match',
  'X-Playback-Session-Id',
]

export type CrossOriginHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/** Sets the CORS fields; a preflight is left to be answered. */
export function createCrossOrigin(options: CrossOriginOptions): CrossOriginHandler {
  const { origin = '*', credentials = false, maxAge = 600 } = options
  return cors<IncomingMessage>({
    origin,
    credentials,
    maxAge,
    preflightContinue: true,
    methods: ['GET', 'HEAD'],
    allowedHeaders: ALLOWED_HEADERS,
    exposedHeaders: ['Content-Range', 'Content-Length', 'Accept-Ranges', 'ETag'],
  }) as CrossOriginHandler
}

/** A CORS preflight, by what makes one (Fetch standard, section 4.8). */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}
