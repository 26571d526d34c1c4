/** The events of the diagnostics channels as metrics for Prometheus. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:net'
import { register } from 'prom-client'
import { STREAM_CHANNELS, type StreamEvents } from '../events'
import { isRecord, type OptionRule } from '../option-rules'
import { readOptions, withDefault, type OptionReaders } from '../options'
import { measureCache } from './cache'
import { measureConnections } from './connections'
import { Meters, type AnyRegistry } from './meters'
import { measureFetches } from './fetches'
import { measureLinks } from './links'
import { measureRequests } from './requests'
import { measureStreams } from './streams'

export interface StreamMetricsOptions {
  /**
   * The `Registry` of prom-client that holds the metrics.
   * @defaultValue `register`, the one that prom-client shares
   */
  readonly registry?: AnyRegistry | undefined
  /**
   * What the names begin with.
   * @defaultValue `'signed_stream_'`
   */
  readonly prefix?: string | undefined
}

export interface StreamMetrics {
  readonly registry: AnyRegistry
  /** Counts the connections of `server` too, as `open_connections`. Several servers are summed up. */
  watchConnections(server: Server): void
  /** Stops counting and removes the metrics from the registry. May be called twice. */
  close(): void
}

const registryRule: OptionRule<AnyRegistry> = {
  accepts: (value): value is AnyRegistry =>
    isRecord(value) &&
    ['registerMetric', 'getSingleMetric', 'removeSingleMetric'].every(
      method => typeof value[method] === 'function',
    ),
  expected: 'a Registry of prom-client',
}

const prefixRule: OptionRule<string> = {
  accepts: (value): value is string => typeof value === 'string' && /^(?:[a-z_][a-z0-9_]*)?$/i.test(value),
  expected: 'letters, digits and underscores, such as "audio_"',
}

const readers = {
  registry: withDefault(registryRule, register),
  prefix: withDefault(prefixRule, 'signed_stream_'),
} satisfies OptionReaders<StreamMetricsOptions>

/**
 * Counts requests, refusals, streams, bytes and the use of the cache in a registry of prom-client. Make it once, at
 * the start of the process; `docs/metrics.md` lists the metrics.
 *
 * It counts the whole process: all routers and middlewares, also those of further copies of the package, because all
 * of them publish on the same channels. Metrics in two registries both count everything. Each process of a cluster and
 * each worker thread counts for itself. A stream that began before the metrics were made is counted when it ends, and
 * never among the active ones.
 *
 * @throws TypeError that names the option that is wrong
 * @throws Error if the registry has these metrics already
 * @example
 * const metrics = createStreamMetrics({ registry: new Registry() })
 * app.get('/metrics', async (req, res) => {
 *   res.type(metrics.registry.contentType).send(await metrics.registry.metrics())
 * })
 */
export function createStreamMetrics(options: StreamMetricsOptions = {}): StreamMetrics {
  const { registry, prefix } = readOptions('createStreamMetrics', options, readers)
  const meters = new Meters(registry, prefix)
  try {
    const requests = measureRequests(meters)
    const streams = measureStreams(meters)
    const links = measureLinks(meters)
    const cache = measureCache(meters)
    const fetches = measureFetches(meters)
    const watchConnections = measureConnections(meters)
    const subscriptions = [
      listenTo('request', requests.request),
      listenTo('request', streams.request),
      listenTo('refusal', requests.refusal),
      listenTo('completion', streams.completion),
      listenTo('report', links.report),
      listenTo('shared', links.shared),
      listenTo('read', cache.read),
      listenTo('fetch', fetches.fetch),
    ]
    return {
      registry,
      watchConnections,
      close() {
        for (const end of subscriptions) end()
        meters.remove()
      },
    }
  } catch (error) {
    meters.remove()
    throw error
  }
}

/** @returns unsubscribes */
function listenTo<Name extends keyof StreamEvents>(
  name: Name,
  listener: (event: StreamEvents[Name]) => void,
): () => void {
  function onMessage(message: unknown): void {
    listener(message as StreamEvents[Name])
  }
  subscribe(STREAM_CHANNELS[name], onMessage)
  return () => {
    unsubscribe(STREAM_CHANNELS[name], onMessage)
  }
}
