/** The metrics of the process that prom-client has by default, as this server shows them. */
import type { Registry } from 'prom-client'

/** With several workers: the process that began first, and the one whose listeners wait longest. */
const AGGREGATORS = {
  process_start_time_seconds: 'min',
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
} as const

export function prepareDefaultMetrics(registry: Registry): void {
  // Gauges that only sum up others, and have the suffix of counters, which promtool rejects.
  for (const kind of ['handles', 'requests', 'resources']) {
    registry.removeSingleMetric(`nodejs_active_${kind}_total`)
  }
  for (const [name, aggregator] of Object.entries(AGGREGATORS)) {
    const metric = registry.getSingleMetric(name)
    // A field of the metric, which prom-client reads when it adds up; its types do not have it.
    if (metric !== undefined) Object.assign(metric, { aggregator })
  }
}
