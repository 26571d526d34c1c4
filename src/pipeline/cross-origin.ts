/** Lets pages of other origins play, seek and read what they need to know (CORS, by the `cors` package). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import cors from 'cors'
import { callSafely } from '../callbacks'
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
   * The origins whose pages may read responses. A function has 5 s to give its result once; if it fails, the response
   * is 503.
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
  accepts: value =>
    value === false ||
    (isRecord(value) &&
      Object.keys(value).every(name => KNOWN.has(name)) &&
      !(value['credentials'] === true && (value['origin'] ?? '*') === '*')),
  expected:
    'false, or an object of origin, credentials and maxAge; credentials need an origin other than "*"',
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
  /** The fields of every response but a preflight's, if they are the same for all; undefined if `handle` sets them. */
  readonly fields: Readonly<Record<string, string>> | undefined
  /** Sets the fields of the response to one request, and calls `next` once; a preflight is left to be answered. */
  readonly handle: CrossOriginHandler
}

export function createCrossOrigin(options: CrossOriginOptions): CrossOrigin {
  const { origin = '*', credentials = false, maxAge = 600 } = options
  const handle = cors<IncomingMessage>({
    origin: typeof origin === 'function' ? guardOrigin(origin) : origin,
    credentials,
    maxAge,
    preflightContinue: true,
    methods: ['GET', 'HEAD'],
    // With credentials, `*` is the name of a header and no wildcard (Fetch standard, section 3.3.3): `cors` then allows
    // the headers that were asked for.
    ...(!credentials && { allowedHeaders: ALLOWED_HEADERS }),
    exposedHeaders: ['Content-Range', 'Content-Length', 'Accept-Ranges', 'ETag'],
  }) as CrossOriginHandler
  return { handle, fields: origin === '*' ? recordFields(handle) : undefined }
}

/** Milliseconds for the app to say whether an origin may read. */
const ORIGIN_TIMEOUT = 5000

type AllowedResult = boolean | string | RegExp
type OriginFunction = Extract<AllowedOrigin, (...args: never[]) => unknown>

/** `origin`, but it gives one result, in time, and throws and rejects nothing. */
function guardOrigin(origin: OriginFunction): OriginFunction {
  return function guardedOrigin(value, callback) {
    let isSettled = false
    const timer = setTimeout(() => {
      settle(new Error('The origin function of cors gave no result'))
    }, ORIGIN_TIMEOUT).unref()
    function settle(error: unknown, allowed?: AllowedResult): void {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      const problem = error ?? (isOrigin(allowed) ? undefined : `it gave a value of type ${typeof allowed}`)
      if (problem === undefined) callback(null, allowed)
      else if (problem instanceof Error) callback(problem)
      else callback(new Error('The origin function of cors failed', { cause: problem }))
    }
    callSafely(origin.bind(undefined, value, settle), settle)
  }
}

/** Whether it is a text or pattern, or a list of them, as an app may give in place of true or false. */
function isOrigin(value: unknown): boolean {
  function isOne(one: unknown): boolean {
    return typeof one === 'string' || one instanceof RegExp
  }
  return (
    value === undefined ||
    typeof value === 'boolean' ||
    isOne(value) ||
    (Array.isArray(value) && value.every(isOne))
  )
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
