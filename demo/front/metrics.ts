/** `/metrics` for Prometheus: on a port of its own, or for who knows the token. Open to everybody by no configuration. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createStreamMetrics, type StreamMetrics } from 'express-signed-stream/metrics'
import { collectDefaultMetrics, Counter, Registry } from 'prom-client'
import type { Health } from './health'
import type { Limit } from './limits'

export interface DemoMetrics extends Pick<StreamMetrics, 'watchConnections' | 'close'> {
  /** Counts a request that was answered 429. */
  readonly limited: (limit: Limit) => void
  /** Answers `/metrics`, and hands on what asks for something else. */
  readonly handle: (req: IncomingMessage, res: ServerResponse, next: () => void) => void
}

/** @param token what who asks must know; undefined where the port is not open to others */
export function createMetrics(token: string | undefined): DemoMetrics {
  // Its own: two servers in one process, as in tests, are two registries.
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  // Sums of other gauges, by names that only counters should have.
  for (const kind of ['handles', 'requests', 'resources']) {
    registry.removeSingleMetric(`nodejs_active_${kind}_total`)
  }
  const streams = createStreamMetrics({ registry })
  const limited = new Counter({
    name: 'signed_stream_limited_total',
    help: 'Requests answered 429, by the limit that the client has reached.',
    labelNames: ['limit'],
    registers: [registry],
  })
  for (const limit of ['refusals', 'streams'] satisfies Limit[]) limited.inc({ limit }, 0)

  return {
    limited: limit => {
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
      if (req.url?.split('?', 1)[0] !== '/metrics') {
        next()
      } else if (token !== undefined && !isBearer(req.headers.authorization, token)) {
        write(res, 401, 'text/plain; charset=utf-8', 'Unauthorized\n', { 'WWW-Authenticate': 'Bearer' })
      } else if (req.method !== 'GET' && req.method !== 'HEAD') {
        write(res, 405, 'text/plain; charset=utf-8', 'Method not allowed\n', { Allow: 'GET, HEAD' })
      } else {
        registry.metrics().then(
          text => {
            write(res, 200, registry.contentType, text)
          },
          (error: unknown) => {
            write(res, 500, 'text/plain; charset=utf-8', `${String(error)}\n`)
          },
        )
      }
    },
  }
}

/** What the port of the metrics answers: metrics and health. */
export function createMetricsListener(metrics: DemoMetrics, health: Health): RequestListener {
  return function metricsListener(req, res) {
    metrics.handle(req, res, () => {
      health(req, res, () => {
        write(res, 404, 'text/plain; charset=utf-8', 'Not found\n')
      })
    })
  }
}

function write(
  res: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  res.writeHead(status, { ...headers, 'Content-Type': type, 'Cache-Control': 'no-store' })
  res.end(text)
}

/** In the same time for every token that is wrong, however much of it is right. */
function isBearer(authorization: string | undefined, token: string): boolean {
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
