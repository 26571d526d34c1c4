/** What every request passes first: its id, its client, health and metrics, the drain and the limits; then the app. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { StreamLogger } from 'express-signed-stream'
import { createAddressReader } from './client-address'
import type { DemoConfig } from '../settings/config'
import type { Health } from './health'
import { createLimits, type AddressedRequest } from './limits'
import type { DemoMetrics } from './metrics'
import { createRefuser } from './refuse'
import { createRequestContext, requestContext } from './request-context'
import { afterAnswer, pendingOn, type Traffic } from './traffic'

export interface FrontOptions {
  readonly logger: StreamLogger
  readonly traffic: Traffic
  readonly health: Health
  readonly metrics: DemoMetrics | undefined
}

/** Below `/stream/`, also where a proxy sends the whole URL. */
const STREAM_TARGET = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?#]*)?\/stream\//i

/** Seconds: by then, another instance answers. */
const RETRY_AFTER = 2

/** Requests on one connection whose turn has not come. No browser and no proxy sends any: each costs memory. */
const MAX_PENDING = 64

/** Milliseconds after which a client that takes nothing of the page or its JSON is disconnected. */
const PAGE_STALL_TIMEOUT = 60_000

export function createFront(
  app: RequestListener,
  config: DemoConfig,
  { logger, traffic, health, metrics }: FrontOptions,
): RequestListener {
  const readAddress = createAddressReader(config.trustProxy)
  const refuse = createRefuser(config.origin)
  const limits = createLimits(config, { refuse, logger, onLimited: metrics?.limited })
  const metricsHere = config.metrics.port === undefined ? metrics : undefined
  const warnOfProxy = config.trustProxy === undefined ? createProxyWarning(logger) : undefined

  function serve(req: AddressedRequest, res: ServerResponse, isStream: boolean): void {
    if (pendingOn(req.socket) > MAX_PENDING) {
      refuse(req, res, { status: 429, text: 'Trop de requêtes', retryAfter: RETRY_AFTER })
    } else if (!isStream) {
      logAnswer(logger, req, res)
      res.setTimeout(PAGE_STALL_TIMEOUT)
      app(req, res)
    } else if (traffic.phase === 'draining') {
      refuse(req, res, { status: 503, text: 'Service indisponible', retryAfter: RETRY_AFTER })
    } else {
      limits(req, res, () => {
        app(req, res)
      })
    }
  }

  return function front(req: AddressedRequest, res) {
    const context = createRequestContext(req.headers, traffic)
    requestContext.run(context, () => {
      res.setHeader('X-Request-Id', context.id)
      req.ip = readAddress(req)
      warnOfProxy?.(req)
      const isRead = req.method === 'GET' || req.method === 'HEAD'
      const isStream = isRead && STREAM_TARGET.test(req.url ?? '')
      traffic.follow({ req, res, context, isStream, startedAt: performance.now() })
      health(req, res, () => {
        if (metricsHere === undefined) {
          serve(req, res, isStream)
        } else {
          metricsHere.handle(req, res, () => {
            serve(req, res, isStream)
          })
        }
      })
    })
  }
}

/** The stream logs its own. A link that was signed opens a track, so it is logged at info; nobody else fills the disk. */
function logAnswer(logger: StreamLogger, req: AddressedRequest, res: ServerResponse): void {
  const startedAt = performance.now()
  // The query of a stream's path holds a signature, whatever answers it.
  const [path = ''] = (req.url ?? '').split('?', 1)
  afterAnswer(req, res, () => {
    const fields = {
      method: req.method,
      path: path.slice(0, 256),
      status: res.statusCode,
      outcome: res.writableFinished ? 'complete' : 'client_abort',
      duration_ms: Math.round(performance.now() - startedAt),
      client_ip: req.ip,
    }
    const isSigned = path.startsWith('/api/sign/') && res.statusCode === 200
    logger[isSigned ? 'info' : 'debug'](fields, 'Request answered')
  })
}

/** Behind a proxy that is not believed, all listeners are one client, and soon too many. */
function createProxyWarning(logger: StreamLogger): (req: IncomingMessage) => void {
  let isTold = false
  return function warnOfProxy({ headers }) {
    if (isTold || headers['x-forwarded-for'] === undefined) return
    isTold = true
    logger.warn({}, 'X-Forwarded-For is not believed: if a proxy sends it, set TRUST_PROXY')
  }
}
