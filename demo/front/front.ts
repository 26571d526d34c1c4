/** What each request passes first: its id and client, health and metrics, and the limits. Then the app. */
import type { RequestListener, ServerResponse } from 'node:http'
import type { StreamLogger } from 'express-signed-stream'
import { createAddressReader, type TrustProxy } from './client-address'
import { createCrossOrigin } from './cross-origin'
import type { Health } from './health'
import { createLimits, type AddressedRequest, type LimitsOptions } from './limits'
import type { DemoMetrics } from './metrics'
import { createRefuser } from './refuse'
import { REQUEST_ID_HEADER } from './request-id-header'
import { requestContext, requestId } from './request-context'
import { isStreamRequest, pathOf } from './request-target'
import type { StorageActivity } from './storage-activity'
import { hasSeveralServers } from './stream-events'
import { afterResponse, pendingOn, type Traffic } from './traffic'

export interface FrontOptions extends Omit<LimitsOptions, 'refuse'> {
  /** The origins whose pages may read refusals. */
  readonly origin: '*' | string[]
  /** Undefined to ignore X-Forwarded-For. */
  readonly trustProxy: TrustProxy | undefined
  readonly traffic: Traffic
  readonly activity: Pick<StorageActivity, 'responded'>
  readonly health: Health
  /** The metrics to serve here; undefined if they have a port of their own, or are off. */
  readonly metrics: DemoMetrics | undefined
}

/** Seconds, after which the requests in front may have ended. */
const RETRY_AFTER = 2

/** Requests on one connection that wait for their turn. Each costs memory, and no browser or proxy pipelines any. */
const MAX_PENDING = 64

/** Milliseconds after which a client that accepts nothing of the page or its JSON is disconnected. */
const PAGE_STALL_TIMEOUT = 60_000

export function createFront(app: RequestListener, options: FrontOptions): RequestListener {
  const { logger, traffic, activity, health, metrics, origin, trustProxy } = options
  const readAddress = createAddressReader(trustProxy)
  const refuse = createRefuser(createCrossOrigin(origin))
  const limits = createLimits({ ...options, refuse })
  const warnOfProxy = trustProxy === undefined ? createProxyWarning(logger) : undefined

  function serveStream(req: AddressedRequest, res: ServerResponse): void {
    if (pendingOn(req.socket) > MAX_PENDING) refuse(req, res, RETRY_AFTER)
    else if (limits.allows(req, res)) app(req, res)
  }

  function servePage(req: AddressedRequest, res: ServerResponse): void {
    if (pendingOn(req.socket) > MAX_PENDING) {
      refuse(req, res, RETRY_AFTER)
      return
    }
    logResponse(logger, req, res)
    res.setTimeout(PAGE_STALL_TIMEOUT)
    app(req, res)
  }

  function serveOther(req: AddressedRequest, res: ServerResponse): void {
    // The package does that for streams, and without a merge of all fields.
    res.setHeader(REQUEST_ID_HEADER, req.id ?? '')
    health(req, res, () => {
      if (metrics === undefined) servePage(req, res)
      else {
        metrics.handle(req, res, () => {
          servePage(req, res)
        })
      }
    })
  }

  function respond(req: AddressedRequest, res: ServerResponse): void {
    // The app may give the request another one.
    const { ip } = req
    const startedAt = performance.now()
    if (isStreamRequest(req)) {
      function onEnd(): void {
        limits.ended(res, ip)
        activity.responded(res, startedAt)
      }
      traffic.follow({ req, res, isStream: true, startedAt, onEnd }, () => {
        serveStream(req, res)
      })
    } else {
      traffic.follow({ req, res, isStream: false, startedAt }, () => {
        serveOther(req, res)
      })
    }
  }

  return function front(req: AddressedRequest, res) {
    // Where the package looks for them, as it does behind Express and pino-http.
    req.id = requestId(req.headers)
    req.ip = readAddress(req)
    warnOfProxy?.(req)
    if (hasSeveralServers()) requestContext.run({ server: traffic }, respond, req, res)
    else respond(req, res)
  }
}

/** Logs what is not a stream. Only a signed link is logged at info: other requests cost clients nothing to repeat. */
function logResponse(logger: StreamLogger, req: AddressedRequest, res: ServerResponse): void {
  const startedAt = performance.now()
  const path = pathOf(req)
  afterResponse(req, res, () => {
    const fields = {
      method: req.method,
      path: path.slice(0, 256),
      status: res.statusCode,
      outcome: res.writableFinished ? 'complete' : 'client_abort',
      duration_ms: Math.round(performance.now() - startedAt),
      client_ip: req.ip,
      request_id: req.id,
    }
    const isSigned = path.startsWith('/api/sign/') && res.statusCode === 200
    logger[isSigned ? 'info' : 'debug'](fields, 'Request answered')
  })
}

/** Behind a proxy that is not trusted, all listeners count as one client, which soon exceeds the limits. */
function createProxyWarning(logger: StreamLogger): (req: AddressedRequest) => void {
  let hasWarned = false
  return function warnOfProxy({ headers, id }) {
    if (hasWarned || headers['x-forwarded-for'] === undefined) return
    hasWarned = true
    logger.warn({ request_id: id }, 'X-Forwarded-For is not believed: if a proxy sends it, set TRUST_PROXY')
  }
}
