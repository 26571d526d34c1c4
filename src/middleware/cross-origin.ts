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

type CrossOriginHandler = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void

export interface CrossOrigin {
  /** The fields of every answer but a preflight's, where they are the same for all; undefined where `handle` sets them. */
  readonly fields: Readonly<Record<string, string>> | undefined
  /** Sets the fields of the answer to one request; a preflight is left to be answered. */
  readonly handle: CrossOriginHandler
}

export function createCrossOrigin(options: CrossOriginOptions): CrossOrigin {
  const { origin = '*', credentials = false, maxAge = 600 } = options
  const handle = cors<IncomingMessage>({
    origin,
    credentials,
    maxAge,
    preflightContinue: true,
    methods: ['GET', 'HEAD'],
    allowedHeaders: ALLOWED_HEADERS,
    exposedHeaders: ['Content-Range', 'Content-Length', 'Accept-Ranges', 'ETag'],
  }) as CrossOriginHandler
  return { handle, fields: origin === '*' ? recordFields(handle) : undefined }
}

/** What `handle` sets for a request of which it looks at nothing. */
function recordFields(handle: CrossOriginHandler): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {}
  const res = {
    setHeader: (name: string, value: string) => {
      fields[name] = value
    },
  }
  const req = { method: 'GET', headers: {} }
  handle(req as unknown as IncomingMessage, res as unknown as ServerResponse, () => undefined)
  return Object.freeze(fields)
}

/** A CORS preflight, by what makes one (Fetch standard, section 4.8). */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}
