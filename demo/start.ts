/** Starts the demo: reads the configuration, and serves in this process or in several. */
import { serve } from './serve'
import type { DrainOutcome } from './process/drain'
import { ConfigError, readConfig, type Environment } from './settings/config'
import type { Peers } from './workers/peers'
import { startWorkers } from './workers/primary'

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
  /**
   * Drains: accepts no new connections, lets streams in progress finish until the time is up, and logs the result.
   *
   * @throws (rejects with) Error if a worker ended before its drain
   */
  stop(): Promise<DrainOutcome>
  /** Ends the workers at once, if there are any. */
  kill?(): void
}

/**
 * @param peers if this process is one of several
 * @returns undefined if it cannot start; then `output` has one line for each reason
 */
export async function startDemo(
  environment: Environment,
  output: Output,
  peers?: Peers,
): Promise<RunningDemo | undefined> {
  try {
    const config = readConfig(environment)
    if (peers === undefined && config.WORKERS > 1) return await startWorkers(config, output)
    return await serve(config, output, peers)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const problem of error.problems) output.error(`Cannot start: ${problem}`)
    return undefined
  }
}
