/** `/metrics` for Prometheus, on a port of its own or for clients with a token: no configuration opens it to everybody. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createStreamMetrics, type StreamMetrics } from 'express-signed-stream/metrics'
import { collectDefaultMetrics, Counter, Registry } from 'prom-client'
import type { Health } from './health'
import type { Limit, OnLimited } from './limits'
import { prepareDefaultMetrics } from './process-metrics'
import { isRead, pathOf } from './request-target'
import { writeText } from './write-text'

export interface DemoMetrics extends Pick<StreamMetrics, 'watchConnections' | 'close'> {
  /** Counts a request that got 429. */
  readonly onLimited: OnLimited
  readonly handle: MetricsHandler
  /** What other processes need to add these metrics to theirs. */
  readonly snapshot: () => Promise<readonly object[]>
}

/** Responds to `/metrics`, and passes other requests on to `next`. */
export type MetricsHandler = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

/** Reads the text for Prometheus, and its type. */
export type ReadMetrics = () => Promise<{ readonly text: string; readonly contentType: string }>

export interface MetricsOptions {
  /** What clients must present; undefined for none, on a port that others cannot reach. */
  readonly token: string | undefined
  /** Reads the metrics of all processes of this server. @defaultValue those of this process */
  readonly readAll?: ReadMetrics | undefined
}

export function createMetrics({ token, readAll }: MetricsOptions): DemoMetrics {
  // Not the global one: several servers of one process, as in tests, need one each.
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  prepareDefaultMetrics(registry)
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
    handle: createMetricsHandler(token, readAll ?? readOwn),
    snapshot: () => registry.getMetricsAsJSON(),
  }

  async function readOwn(): Promise<{ text: string; contentType: string }> {
    return { text: await registry.metrics(), contentType: registry.contentType }
  }
}

/** @param token as in {@link MetricsOptions} */
export function createMetricsHandler(token: string | undefined, read: ReadMetrics): MetricsHandler {
  return function handleMetrics(req, res, next) {
    if (pathOf(req) !== '/metrics') {
      next()
    } else if (token !== undefined && !isBearer(req.headers.authorization, token)) {
      writeText(res, 401, 'Unauthorized', { 'WWW-Authenticate': 'Bearer' })
    } else if (!isRead(req)) {
      writeText(res, 405, 'Method not allowed', { Allow: 'GET, HEAD' })
    } else {
      read().then(
        ({ text, contentType }) => {
          writeText(res, 200, text.trimEnd(), { 'Content-Type': contentType })
        },
        (error: unknown) => {
          writeText(res, 500, String(error))
        },
      )
    }
  }
}

/** The listener of the port of the metrics: it serves metrics and health. */
export function createMetricsListener(handle: MetricsHandler, health: Health): RequestListener {
  return function metricsListener(req, res) {
    handle(req, res, () => {
      health(req, res, () => {
        writeText(res, 404, 'Not found')
      })
    })
  }
}

/** Compares digests in constant time, so that the time of a response reveals nothing about the token. */
function isBearer(authorization: string | undefined, token: string): boolean {
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
