/** Serves in this process: gives each part the fields that it needs, and stops them. */
import { createServer } from 'node:http'
import { createVerifier } from 'express-signed-stream'
import { createDemoApp } from './app/app'
import { createExchanges } from './app/exchanges/exchanges'
import { createFront } from './front/front'
import { createHealth, createReadiness } from './front/health'
import { createMetrics, createMetricsListener } from './front/metrics'
import { watchStorage } from './front/storage-activity'
import { createFindRefusal } from './front/limits'
import { shareStreamLimit } from './front/shared-stream-limit'
import { createStreamRefuser, watchStreamLimit } from './front/stream-limit'
import { Traffic } from './front/traffic'
import { openLibrary } from './library/open-library'
import { openLinks } from './links/open-links'
import { announce, describeStart, type Announcement } from './process/announce'
import { drain, logDrain, type DrainOutcome } from './process/drain'
import { warnOfDrops } from './process/drop-warning'
import { listen } from './process/listen'
import { listenForMetrics } from './process/listen-for-metrics'
import { createLogger, logOptions } from './process/logger'
import { connectionLimit, serverOptions } from './process/server-options'
import type { DemoConfig } from './settings/config'
import type { Output, RunningDemo } from './start'
import type { Peers } from './workers/peers'
import {
  answerPrimary,
  askPrimaryForProblem,
  ownShare,
  readFromPrimary,
  sendLastMetrics,
  shareWith,
  waitFor,
  type AnnouncedByPrimary,
} from './workers/worker'

/** @param peers the other workers; undefined if this process is alone */
export async function serve(
  config: DemoConfig,
  output: Output,
  peers: Peers | undefined,
): Promise<RunningDemo> {
  const { secrets } = config
  const origin = config.ALLOWED_ORIGINS
  const isSigningOpen = config.OPEN_SIGNING
  const maxStreamsPerClient = config.MAX_STREAMS_PER_CLIENT

  const log = logOptions(config, output, peers?.id)
  const logger = createLogger(log)
  // It also stands for this server in the context of each request.
  const traffic = new Traffic()
  const hasMetrics = config.METRICS_PORT !== undefined || config.METRICS_TOKEN !== undefined
  const metrics = hasMetrics
    ? createMetrics({ token: config.METRICS_TOKEN, readAll: peers && readFromPrimary(peers) })
    : undefined
  const onLimited = metrics?.onLimited
  const library = await openLibrary(config.library, logger)
  const activity = watchStorage(traffic, config.library.kind === 's3')
  const { links, ...shared } = await openLinks({
    secrets,
    redisUrl: config.REDIS_URL,
    workerState: peers?.linkState,
    revocationsFile: config.REVOCATIONS_FILE,
    logger,
  })
  const findProblem = createReadiness({
    traffic,
    activity,
    look: library.look,
    areLinksReady: shared.isReady,
  })
  const health = createHealth(peers === undefined ? findProblem : askPrimaryForProblem(peers))
  const exchanges = createExchanges(traffic, {}, peers)
  const verifier = createVerifier({ secret: secrets })
  const streamLimit = watchStreamLimit(traffic, { logger, maxStreamsPerClient, onLimited })
  const sharedLimit =
    peers === undefined || maxStreamsPerClient === 0
      ? undefined
      : shareStreamLimit({
          peers,
          findRefusal: createFindRefusal(verifier, links),
          refuse: createStreamRefuser(streamLimit, origin),
        })
  const app = createDemoApp({
    library,
    links,
    secret: secrets[0],
    isSigningOpen,
    origin,
    cache: { maxBytes: ownShare(config, peers), maxFiles: config.CACHE_MAX_FILES },
    stallTimeout: config.STALL_TIMEOUT,
    maxStreamsPerClient,
    admitStream: sharedLimit?.admit,
    logger,
    exchanges,
    peers,
  })
  const front = createFront(app.listener, {
    origin,
    trustProxy: config.TRUST_PROXY,
    verifier,
    links,
    maxRefusalsPerMinute: config.MAX_REFUSALS_PER_MINUTE,
    onLimited,
    shareRefusals: peers && shareWith(peers),
    logger,
    traffic,
    activity,
    health,
    metrics: config.METRICS_PORT === undefined ? metrics : undefined,
  })

  // Of several workers, the primary process has that port.
  const metricsPort =
    peers === undefined && metrics !== undefined
      ? await listenForMetrics(config, createMetricsListener(metrics.handle, health)).catch(failToStart)
      : undefined
  // Otherwise a new worker would refuse the streams that it gets at once.
  if (peers !== undefined && config.REDIS_URL === undefined) await waitFor(shared.isReady)
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

  function describe({ metrics: at, isSecretRandom }: AnnouncedByPrimary): Promise<Announcement> {
    const { place } = library
    const { trackList, signPath } = app
    return describeStart({
      server: address,
      metrics: at,
      place,
      isSecretRandom,
      isSigningOpen,
      trackList,
      signPath,
    })
  }
  if (peers === undefined) {
    const servedAt = metricsAddress ?? (metrics && address)
    announce(await describe({ metrics: servedAt, isSecretRandom: config.isSecretRandom }), log)
  } else {
    answerPrimary(peers, { findProblem, metrics, describe })
    peers.tell('listening', openPort.port)
  }

  /** A connection that stays open would keep the process. */
  function failToStart(error: unknown): never {
    shared.close()
    throw error
  }

  async function stop(): Promise<DrainOutcome> {
    const times = { drainDelay: config.DRAIN_DELAY, drainTimeout: config.DRAIN_TIMEOUT }
    let logDrained: ((outcome: DrainOutcome) => void) | undefined
    const outcome = await drain({
      ...times,
      drainStreams: app.drainStreams,
      traffic,
      openPort,
      onBegin: streams => {
        if (peers === undefined) logDrained = logDrain(logger, streams, times)
        else peers.tell('draining', streams)
      },
      onDraining: () => {
        exchanges.close()
      },
    })
    logDrained?.(outcome)
    if (metrics !== undefined && peers !== undefined) await sendLastMetrics(peers, metrics)
    // After the drain, so that Prometheus and health checks can observe it.
    await metricsPort?.close()
    metrics?.close()
    activity.close()
    streamLimit.close()
    sharedLimit?.close()
    shared.close()
    library.close()
    return outcome
  }
  let stopped: Promise<DrainOutcome> | undefined
  function stopOnce(): Promise<DrainOutcome> {
    return (stopped ??= stop())
  }
  return { port: openPort.port, metricsPort: metricsPort?.port, stop: stopOnce }
}
