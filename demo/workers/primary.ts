/**
 * The process that starts the workers and serves nothing but the metrics: it passes connections, lines of the log and
 * messages on, replaces workers that end, and drains all of them.
 */
import { availableParallelism } from 'node:os'
import { createHealth } from '../front/health'
import { createMetricsHandler, createMetricsListener } from '../front/metrics'
import { answerFrom, makeSharedState, type StateCall } from '../links/shared-memory'
import { announce, type Announcement } from '../process/announce'
import { logDrain, type DrainOutcome } from '../process/drain'
import { listenForMetrics } from '../process/listen-for-metrics'
import { createLogger, logOptions } from '../process/logger'
import { ConfigError, type DemoConfig } from '../settings/config'
import type { Output, RunningDemo } from '../start'
import { oneAtATime } from '../work/one-at-a-time'
import { addMetrics, type Snapshot } from './added-metrics'
import { ClientPlaces } from './client-places'
import type { OthersAnswers, Relayed } from './peers'
import { SilentWorkers } from './silent-workers'
import { Team } from './team'
import type { AnnouncedByPrimary } from './worker'
import type { WorkerProcess } from './worker-process'

/** Milliseconds that a worker has, after its drain should have ended, before it is killed. */
const DRAIN_GRACE = 5000

/** Milliseconds: the check of a storage takes 2000. */
const PROBLEM_PATIENCE = 3500

/** Milliseconds: a store may be out of reach. */
const DESCRIBE_PATIENCE = 8000

/** @throws ConfigError if no worker can serve, or the file of revocations cannot be opened */
export async function startWorkers(config: DemoConfig, output: Output): Promise<RunningDemo> {
  const log = logOptions(config, output)
  const logger = createLogger(log)
  const answerState = answerFrom(makeSharedState(config.REVOCATIONS_FILE))
  const metrics = addMetrics({
    collect: () => team.askAll('metrics', undefined),
    countWorkers: () => team.serving.length,
  })
  const team = new Team({
    size: config.WORKERS,
    environment: {
      // A random one must be the same in all of them.
      SECRET_KEY: config.SECRET_KEY,
      WORKERS: String(config.WORKERS),
      LOG_FORMAT: log.format,
    },
    logger,
    writeLines: log.write,
    prepare,
    onReplace: () => {
      metrics.onReplaced()
    },
    onEnd: id => {
      metrics.retire(id)
      places.forget(id)
      silent.forget(id)
      team.tellAll('worker ended', id)
    },
    drainPatience: config.DRAIN_DELAY + config.DRAIN_TIMEOUT + DRAIN_GRACE,
  })
  const silent = new SilentWorkers(logger)
  const places = new ClientPlaces(config.MAX_STREAMS_PER_CLIENT)

  /** Handles the requests of a worker. */
  function prepare({ id, channel }: WorkerProcess): void {
    channel.on('state', (call: StateCall) => answerState(call))
    channel.on('problem', findProblem)
    channel.on('all metrics', () => metrics.read())
    channel.on('own metrics', (snapshot: Snapshot) => {
      metrics.take(id, snapshot)
    })
    channel.on('others', async ({ name, value }: Relayed): Promise<OthersAnswers<unknown>> => {
      const answered = await team.askAll(name, value, { from: id })
      return {
        answers: answered.filter(({ isAnswer }) => isAnswer).map(({ answer }) => answer),
        isComplete: answered.every(({ isAnswer }) => isAnswer),
      }
    })
    places.serve(id, channel)
  }

  let isDraining = false
  // Those who ask during a run get its result: each client may ask for /readyz, and all workers respond to it.
  const findProblemOnce = oneAtATime(findProblemOfAny)
  async function findProblem(): Promise<string | undefined> {
    const problem = isDraining ? undefined : await findProblemOnce()
    return isDraining ? 'draining' : problem
  }

  async function findProblemOfAny(): Promise<string | undefined> {
    const answers = await team.askAll<string | undefined>('problem', undefined, {
      patience: PROBLEM_PATIENCE,
      of: 'serving',
    })
    silent.note(answers)
    if (answers.length === 0) return 'no worker serves'
    if (answers.some(({ isAnswer }) => !isAnswer)) return 'a worker does not respond'
    return answers.find(({ answer }) => answer !== undefined)?.answer
  }

  const hasMetrics = config.METRICS_PORT !== undefined || config.METRICS_TOKEN !== undefined
  const handleMetrics = createMetricsHandler(config.METRICS_TOKEN, () => metrics.read())
  const metricsPort = await listenForMetrics(
    config,
    createMetricsListener(handleMetrics, createHealth(findProblem)),
  )
  const port = await team.start().catch(async (error: unknown) => {
    await metricsPort?.close()
    throw error
  })
  // The worker has written why.
  if (port === undefined) {
    await metricsPort?.close()
    throw new ConfigError()
  }

  const server = { host: config.HOST, port }
  const metricsAddress = metricsPort && { host: config.METRICS_HOST, port: metricsPort.port }
  const known: AnnouncedByPrimary = {
    metrics: metricsAddress ?? (hasMetrics ? server : undefined),
    isSecretRandom: config.isSecretRandom,
  }
  const announcement = await team
    .askOne<Announcement>('describe', known, DESCRIBE_PATIENCE)
    .catch(async (error: unknown) => {
      // Otherwise they would serve, and nobody would stop them.
      team.kill()
      await metricsPort?.close()
      throw error
    })
  announce({ ...announcement, warnings: [...announcement.warnings, ...warningsOf(config)] }, log)

  async function stop(): Promise<DrainOutcome> {
    isDraining = true
    const times = { drainDelay: config.DRAIN_DELAY, drainTimeout: config.DRAIN_TIMEOUT }
    const { streams, ended } = team.stop(times.drainDelay + times.drainTimeout + DRAIN_GRACE)
    const logDrained = logDrain(logger, await streams, times)
    const { outcomes, lost } = await ended
    const outcome = {
      finished: sum(outcomes.map(({ finished }) => finished)),
      left: sum(outcomes.map(({ left }) => left)),
      ended: sum(outcomes.map(({ ended: cut }) => cut)),
      bytesOfEnded: sum(outcomes.map(({ bytesOfEnded }) => bytesOfEnded)),
    }
    logDrained(outcome)
    // After the drain, so that Prometheus and health checks can observe it.
    await metricsPort?.close()
    metrics.close()
    if (lost > 0) throw new Error(`Workers that ended before their drain: ${lost}`)
    return outcome
  }
  let stopped: Promise<DrainOutcome> | undefined
  return {
    port,
    metricsPort: metricsPort?.port,
    stop: () => (stopped ??= stop()),
    kill: () => {
      team.kill()
    },
  }
}

function warningsOf({ WORKERS }: DemoConfig): string[] {
  const cores = availableParallelism()
  return WORKERS > cores ? [`WORKERS is ${WORKERS}, but this process may use ${cores} cores`] : []
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
