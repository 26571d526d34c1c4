/**
 * `express-signed-stream/metrics`, apart from the rest because it needs prom-client.
 *
 * @module metrics
 */
export { createStreamMetrics, type StreamMetrics, type StreamMetricsOptions } from './stream-metrics'
