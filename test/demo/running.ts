/** The whole demo in this process, and what it logs. */
import { startDemo, type RunningDemo } from '../../demo/start'
import { SECRET } from '../support/tracks'
import type { LogEntry } from '../support/demo-program'

export interface Running extends AsyncDisposable, Omit<RunningDemo, 'stop'> {
  /** What was logged since it listens. */
  log(): LogEntry[]
}

export async function runDemo(
  audioDirectory: string,
  environment: Readonly<Record<string, string>> = {},
  /** Gets what is logged. */
  lines: string[] = [],
): Promise<Running> {
  const demo = await startDemo(
    {
      STREAM_SERVER_PORT: '0',
      SECRET_KEY: SECRET,
      AUDIO_DIR: audioDirectory,
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'debug',
      DRAIN_TIMEOUT: '0',
      ...environment,
    },
    { log: line => lines.push(line), error: line => lines.push(line) },
  )
  if (demo === undefined) throw new Error(lines.join('\n'))
  lines.length = 0
  return {
    port: demo.port,
    metricsPort: demo.metricsPort,
    log: () => lines.map(line => JSON.parse(line) as LogEntry),
    async [Symbol.asyncDispose]() {
      await demo.stop()
    },
  }
}
