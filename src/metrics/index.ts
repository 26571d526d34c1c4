/** `express-signed-stream/metrics`, apart from the rest because it needs prom-client. */
export { createStreamMetrics, type StreamMetrics, type StreamMetricsOptions } from './stream-metrics'
