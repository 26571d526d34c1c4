/** Lets pages of other origins play, seek and read what they need to know (CORS, by the `cors` package). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import cors from 'cors'
import { writeHead } from '../delivery/write-head'
import type { ResponseHeaders } from '../http/response-plan'
import { guardOrigin, type CrossOriginSettings } from './cross-origin-options'
import { requestIdField } from './request-id-field'

/** `*` does not cover `Authorization`, nor any header of a request with credentials; hence the others. */
const ALLOWED_HEADERS = [
  '*',
  'Authorization',
  'Range',
  'If-Range',
  'If-Match',
  'If-None-Match',
  'X-Playback-Session-Id',
]

type CorsMiddleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void

export interface CrossOrigin {
  /** The fields of every response but that to a preflight; undefined if `apply` sets them for each. */
  readonly headers: Readonly<Record<string, string>> | undefined
  /** Whether `headers` are all that the response to the request needs: then `apply` has nothing to do. */
  readonly isConstant: (req: IncomingMessage) => boolean
  /**
   * Responds to a preflight. Any other request goes on with `proceed`, which may come later; if the app's `origin`
   * function failed, with `fail`.
   */
  readonly apply: (
    req: IncomingMessage,
    res: ServerResponse,
    proceed: () => void,
    fail: (error: unknown) => void,
  ) => void
}

/**
 * @param settings false if the app sets the CORS fields itself
 * @param requestIdHeader the field of a preflight's response that carries the id of the request; undefined for none
 */
export function createCrossOrigin(
  settings: CrossOriginSettings | false,
  requestIdHeader?: string,
): CrossOrigin {
  if (settings === false) {
    return {
      headers: undefined,
      isConstant: () => true,
      apply: (_req, _res, proceed) => {
        proceed()
      },
    }
  }
  const setHeaders = createCors(settings)
  const headers = settings.origin === '*' ? recordHeaders(setHeaders) : undefined

  function apply(
    req: IncomingMessage,
    res: ServerResponse,
    proceed: () => void,
    fail: (error: unknown) => void,
  ): void {
    const mustRespond = isPreflight(req)
    setHeaders(req, res, error => {
      try {
        if (error !== undefined) fail(error)
        else if (mustRespond) respondToPreflight(res, requestIdField(requestIdHeader, req))
        else proceed()
      } catch (fault) {
        fail(fault)
      }
    })
  }

  return { headers, isConstant: req => headers !== undefined && !isPreflight(req), apply }
}

function createCors({ origin, credentials, maxAge }: CrossOriginSettings): CorsMiddleware {
  return cors<IncomingMessage>({
    origin: typeof origin === 'function' ? guardOrigin(origin) : origin,
    credentials,
    maxAge,
    preflightContinue: true,
    methods: ['GET', 'HEAD'],
    // With credentials, `*` is not a wildcard but the name of a header (Fetch standard, section 3.3.3): without this
    // option, `cors` allows the headers that the preflight names.
    ...(!credentials && { allowedHeaders: ALLOWED_HEADERS }),
    exposedHeaders: ['Content-Range', 'Content-Length', 'Accept-Ranges', 'ETag'],
  }) as CorsMiddleware
}

function respondToPreflight(res: ServerResponse, headers: ResponseHeaders = {}): void {
  writeHead(res, 204, headers)
  res.end()
}

/** The fields that `setHeaders` sets whatever the request. */
function recordHeaders(setHeaders: CorsMiddleware): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  const res = {
    setHeader: (name: string, value: string) => {
      headers[name] = value
    },
  }
  const req = { method: 'GET', headers: {} }
  setHeaders(req as unknown as IncomingMessage, res as unknown as ServerResponse, () => undefined)
  return Object.freeze(headers)
}

/** A CORS preflight, by what makes one (Fetch standard, section 4.8). */
function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}
