/** Starts and stops the demo, and says in plain lines what happens. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Logger } from 'pino'
import { describeStart, formatLines, logAnnouncement } from './process/announce'
import { createDemoApp } from './app/app'
import { ConfigError, readConfig, type DemoConfig, type Environment } from './settings/config'
import { drain } from './process/drain'
import { createExchanges } from './app/exchanges/exchanges'
import { createFront } from './front/front'
import { createHealth } from './front/health'
import { listen, type Listener } from './process/listen'
import { createLogger, type LoggerOptions } from './process/logger'
import { createMetrics, createMetricsListener } from './front/metrics'
import { connectionLimit, serverOptions } from './process/server-options'
import { watchStorage } from './front/storage-news'
import { watchStreamLimit } from './front/stream-limit'
import { Traffic } from './front/traffic'

/** Where lines go; `console` fits. */
export interface Output {
  log(line: string): void
  error(line: string): void
  /** Whether people read it. @defaultValue false */
  readonly isTerminal?: boolean
}

export interface RunningDemo {
  readonly port: number
  /** Of the metrics, where they have one of their own. */
  readonly metricsPort: number | undefined
  /** Takes no new connections, lets streams under way end, cuts those that do not, and says so in the log. */
  stop(): Promise<void>
}

/** @returns undefined where it cannot start: why has been said in one line for each problem */
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
  const log: LoggerOptions = {
    level: config.logLevel,
    format: config.logFormat ?? (output.isTerminal === true ? 'pretty' : 'json'),
    write: line => {
      output.log(line)
    },
  }
  const logger = createLogger(log)
  const traffic = new Traffic()
  const exchanges = createExchanges()
  const news = watchStorage(traffic)
  const health = createHealth({ directory: config.audioDirectory, traffic, news })
  const metrics = hasMetrics(config) ? createMetrics(config.metrics.token) : undefined
  const app = createDemoApp(config, logger, exchanges)
  const unwatchLimit = watchStreamLimit({
    logger,
    maxStreamsPerClient: config.maxStreamsPerClient,
    server: traffic,
    onLimited: metrics?.limited,
  })
  const front = createFront(app.listener, config, { logger, traffic, health, metrics })

  const ownPort = metrics && (await listenForMetrics(config, createMetricsListener(metrics, health)))
  const server = createServer(serverOptions, front)
  const listener = await listen(server, {
    port: config.port,
    host: config.host,
    variables: { port: 'STREAM_SERVER_PORT', host: 'HOST' },
    maxConnections: connectionLimit(config.cache.maxFiles),
  }).catch(async (error: unknown) => {
    await ownPort?.close()
    throw error
  })
  warnOfDrops(server, logger)
  for (const door of listener.doors) metrics?.watchConnections(door)

  const announcement = await describeStart(config, {
    port: listener.port,
    metricsPort: ownPort?.port,
    trackList: app.trackList,
  })
  if (log.format === 'json') logAnnouncement(createLogger({ ...log, showsLinks: true }), announcement)
  else for (const line of formatLines(announcement)) output.log(line)

  async function stop(): Promise<void> {
    const { drainDelay, drainTimeout } = config
    await drain({
      traffic,
      listener,
      logger,
      drainDelay,
      drainTimeout,
      onDraining: () => {
        exchanges.close()
      },
    })
    // Last, so that who watches sees the end.
    await ownPort?.close()
    metrics?.close()
    news.close()
    unwatchLimit()
  }
  let stopped: Promise<void> | undefined
  return { port: listener.port, metricsPort: ownPort?.port, stop: () => (stopped ??= stop()) }
}

function hasMetrics({ metrics: { port, token } }: DemoConfig): boolean {
  return port !== undefined || token !== undefined
}

/** @returns undefined where metrics have no port of their own */
async function listenForMetrics(
  { metrics: { port, host } }: DemoConfig,
  handler: RequestListener,
): Promise<Listener | undefined> {
  if (port === undefined) return undefined
  const variables = { port: 'METRICS_PORT', host: 'HOST_METRICS' } as const
  return listen(createServer(serverOptions, handler), { port, host, variables })
}

/** Milliseconds between two warnings: a flood must not fill the disk. */
const QUIET_TIME = 60_000

function warnOfDrops(server: Server, logger: Logger): void {
  let warnedAt = -Infinity
  server.on('drop', () => {
    if (performance.now() - warnedAt < QUIET_TIME) return
    warnedAt = performance.now()
    logger.warn('Too many connections: some were closed unheard')
  })
}
