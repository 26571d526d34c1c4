/** Starts and stops the demo: reads the configuration, and gives each part the fields that it needs. */
import { createServer, type RequestListener } from 'node:http'
import { createVerifier } from 'express-signed-stream'
import { createDemoApp } from './app/app'
import { createExchanges } from './app/exchanges/exchanges'
import { createFront } from './front/front'
import { createHealth } from './front/health'
import { createMetrics, createMetricsListener } from './front/metrics'
import { watchStorage } from './front/storage-activity'
import { watchStreamLimit } from './front/stream-limit'
import { Traffic } from './front/traffic'
import { openLibrary } from './library/open-library'
import { openLinks } from './links/open-links'
import { describeStart, formatLines, logAnnouncement } from './process/announce'
import { drain } from './process/drain'
import { warnOfDrops } from './process/drop-warning'
import { listen, type OpenPort } from './process/listen'
import { createLogger, type LoggerOptions } from './process/logger'
import { connectionLimit, serverOptions } from './process/server-options'
import { ConfigError, readConfig, type DemoConfig, type Environment } from './settings/config'

/** Where lines go; `console` fits. */
export interface Output {
  log(line: string): void
  error(line: string): void
  /** Whether people read it. @defaultValue false */
  readonly isTerminal?: boolean
}

export interface RunningDemo {
  readonly port: number
  /** The port of the metrics, if they have one of their own. */
  readonly metricsPort: number | undefined
  /** Drains: accepts no new connections, lets streams in progress finish until the time is up, and logs the result. */
  stop(): Promise<void>
}

/** @returns undefined if it cannot start; then `output` has one line for each reason */
export async function startDemo(environment: Environment, output: Output): Promise<RunningDemo | undefined> {
  try {
    return await start(readConfig(environment), output)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const problem of error.problems) output.error(`Cannot start: ${problem}`)
    return undefined
  }
}

async function start(config: DemoConfig, output: Output): Promise<RunningDemo> {
  const { secrets, isSecretRandom } = config
  const origin = config.ALLOWED_ORIGINS
  const isSigningOpen = config.OPEN_SIGNING
  const maxStreamsPerClient = config.MAX_STREAMS_PER_CLIENT

  const log: LoggerOptions = {
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT ?? (output.isTerminal === true ? 'pretty' : 'json'),
    write: line => {
      output.log(line)
    },
  }
  const logger = createLogger(log)
  // It also stands for this server in the context of each request.
  const traffic = new Traffic()
  const hasMetrics = config.METRICS_PORT !== undefined || config.METRICS_TOKEN !== undefined
  const metrics = hasMetrics ? createMetrics(config.METRICS_TOKEN) : undefined
  const onLimited = metrics?.onLimited
  const library = await openLibrary(config.library, logger)
  const activity = watchStorage(traffic, config.library.kind === 's3')
  const { links, ...shared } = await openLinks({ secrets, redisUrl: config.REDIS_URL, logger })
  const health = createHealth({ traffic, activity, look: library.look, areLinksReady: shared.isReady })
  const exchanges = createExchanges(traffic)
  const app = createDemoApp({
    library,
    links,
    secret: secrets[0],
    isSigningOpen,
    origin,
    cache: { maxBytes: config.CACHE_MAX_BYTES, maxFiles: config.CACHE_MAX_FILES },
    stallTimeout: config.STALL_TIMEOUT,
    maxStreamsPerClient,
    logger,
    exchanges,
  })
  const unwatchLimit = watchStreamLimit(traffic, { logger, maxStreamsPerClient, onLimited })
  const front = createFront(app.listener, {
    origin,
    trustProxy: config.TRUST_PROXY,
    verifier: createVerifier({ secret: secrets }),
    links,
    maxRefusalsPerMinute: config.MAX_REFUSALS_PER_MINUTE,
    onLimited,
    logger,
    traffic,
    health,
    metrics: config.METRICS_PORT === undefined ? metrics : undefined,
  })

  const metricsPort =
    metrics && (await listenForMetrics(config, createMetricsListener(metrics, health)).catch(failToStart))
  const server = createServer(serverOptions, front)
  const openPort = await listen(server, {
    port: config.STREAM_SERVER_PORT,
    host: config.HOST,
    variables: { port: 'STREAM_SERVER_PORT', host: 'HOST' },
    maxConnections: connectionLimit(config.CACHE_MAX_FILES),
  }).catch(async (error: unknown) => {
    await metricsPort?.close()
    return failToStart(error)
  })
  warnOfDrops(server, logger)
  for (const listener of openPort.listeners) metrics?.watchConnections(listener)

  const address = { host: config.HOST, port: openPort.port }
  const metricsAddress = metricsPort && { host: config.METRICS_HOST, port: metricsPort.port }
  const announcement = await describeStart({
    server: address,
    metrics: metricsAddress ?? (metrics && address),
    place: library.place,
    isSecretRandom,
    isSigningOpen,
    trackList: app.trackList,
    signPath: app.signPath,
  })
  if (log.format === 'json') logAnnouncement(createLogger({ ...log, showsLinks: true }), announcement)
  else for (const line of formatLines(announcement)) output.log(line)

  /** A connection that stays open would keep the process. */
  function failToStart(error: unknown): never {
    shared.close()
    throw error
  }

  async function stop(): Promise<void> {
    await drain({
      drainDelay: config.DRAIN_DELAY,
      drainTimeout: config.DRAIN_TIMEOUT,
      drainStreams: app.drainStreams,
      traffic,
      openPort,
      logger,
      onDraining: () => {
        exchanges.close()
      },
    })
    // After the drain, so that Prometheus and health checks can observe it.
    await metricsPort?.close()
    metrics?.close()
    activity.close()
    unwatchLimit()
    shared.close()
    library.close()
  }
  let stopped: Promise<void> | undefined
  return { port: openPort.port, metricsPort: metricsPort?.port, stop: () => (stopped ??= stop()) }
}

/** @returns undefined if the metrics have no port of their own */
async function listenForMetrics(
  { METRICS_PORT: port, METRICS_HOST: host }: Pick<DemoConfig, 'METRICS_PORT' | 'METRICS_HOST'>,
  handler: RequestListener,
): Promise<OpenPort | undefined> {
  if (port === undefined) return undefined
  const variables = { port: 'METRICS_PORT', host: 'METRICS_HOST' } as const
  return listen(createServer(serverOptions, handler), { port, host, variables })
}
