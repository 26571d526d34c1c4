/** `/metrics` for Prometheus, on a port of its own or for clients with a token: no configuration opens it to everybody. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createStreamMetrics, type StreamMetrics } from 'express-signed-stream/metrics'
import { collectDefaultMetrics, Counter, Registry } from 'prom-client'
import type { Health } from './health'
import type { Limit, OnLimited } from './limits'
import { isRead, pathOf } from './request-target'
import { writeText } from './write-text'

export interface DemoMetrics extends Pick<StreamMetrics, 'watchConnections' | 'close'> {
  /** Counts a request that got 429. */
  readonly onLimited: OnLimited
  /** Responds to `/metrics`, and passes other requests on to `next`. */
  readonly handle: (req: IncomingMessage, res: ServerResponse, next: () => void) => void
}

/** @param token what clients must present; undefined for none, on a port that others cannot reach */
export function createMetrics(token: string | undefined): DemoMetrics {
  // Not the global one: several servers of one process, as in tests, need one each.
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  // Gauges that only sum up others, and have the suffix of counters, which promtool rejects.
  for (const kind of ['handles', 'requests', 'resources']) {
    registry.removeSingleMetric(`nodejs_active_${kind}_total`)
  }
  const streams = createStreamMetrics({ registry })
  const limited = new Counter({
    name: 'signed_stream_limited_total',
    help: 'Requests refused with 429, by the limit that the client exceeds.',
    labelNames: ['limit'],
    registers: [registry],
  })
  for (const limit of ['refusals', 'streams'] satisfies Limit[]) limited.inc({ limit }, 0)

  return {
    onLimited: limit => {
      limited.inc({ limit })
    },
    watchConnections: server => {
      streams.watchConnections(server)
    },
    close: () => {
      streams.close()
      registry.clear()
    },
    handle(req, res, next) {
      if (pathOf(req) !== '/metrics') {
        next()
      } else if (token !== undefined && !isBearer(req.headers.authorization, token)) {
        writeText(res, 401, 'Unauthorized', { 'WWW-Authenticate': 'Bearer' })
      } else if (!isRead(req)) {
        writeText(res, 405, 'Method not allowed', { Allow: 'GET, HEAD' })
      } else {
        registry.metrics().then(
          text => {
            writeText(res, 200, text.trimEnd(), { 'Content-Type': registry.contentType })
          },
          (error: unknown) => {
            writeText(res, 500, String(error))
          },
        )
      }
    },
  }
}

/** The listener of the port of the metrics: it serves metrics and health. */
export function createMetricsListener(metrics: DemoMetrics, health: Health): RequestListener {
  return function metricsListener(req, res) {
    metrics.handle(req, res, () => {
      health(req, res, () => {
        writeText(res, 404, 'Not found')
      })
    })
  }
}

/** Compares digests in constant time, so that the time of a response tells nothing about the token. */
function isBearer(authorization: string | undefined, token: string): boolean {
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
