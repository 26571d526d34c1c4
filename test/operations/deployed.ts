/** The deployed server, as another user, in an empty directory that it may not write to. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SECRET } from '../support/tracks'

/** Of Debian, where nothing else is there. */
const NOBODY = 65_534

export interface Deployed {
  readonly pid: number | undefined
  readonly port: number
  /** Of the metrics, where there are some. */
  readonly metricsPort: number
  /** What it runs with. */
  readonly environment: Readonly<Record<string, string>>
  /** Its log so far. */
  readonly log: readonly Record<string, unknown>[]
  /** @returns the exit code and the signal, once `signal` has ended it */
  stop(signal: NodeJS.Signals): Promise<readonly [number | null, NodeJS.Signals | null]>
}

export interface Deployment {
  /** Holds `app`; gets the working directory. */
  readonly directory: string
  readonly app: string
  readonly audio: string
  /** The program's file and its arguments, for Node. */
  readonly args: readonly string[]
  /** Further variables. */
  readonly environment?: Readonly<Record<string, string>>
}

export async function startDeployed({
  directory,
  app,
  audio,
  args,
  environment: further,
}: Deployment): Promise<Deployed> {
  const cwd = join(directory, 'empty')
  mkdirSync(cwd, { recursive: true })
  for (const path of [directory, app, audio]) chmodSync(path, 0o755)
  chmodSync(cwd, 0o555)
  const environment = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    STREAM_SERVER_PORT: '0',
    SECRET_KEY: SECRET,
    OPEN_SIGNING: 'true',
    AUDIO_DIR: audio,
    ...further,
  }
  const [script = '', ...rest] = args
  const child = spawn(process.execPath, [join(app, script), ...rest], {
    cwd,
    env: environment,
    ...(process.geteuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const log: Record<string, unknown>[] = []
  const listening = await new Promise<Record<string, unknown>>((resolve, reject) => {
    createInterface(child.stdout)
      .on('line', line => {
        const entry = JSON.parse(line) as Record<string, unknown>
        log.push(entry)
        if (entry['msg'] === 'Listening') resolve(entry)
      })
      .on('close', () => {
        reject(new Error('The server ends before it listens'))
      })
  })
  return {
    pid: child.pid,
    port: portOf(listening['page']),
    metricsPort: portOf(listening['metrics']),
    environment,
    log,
    async stop(signal) {
      child.kill(signal)
      return exited
    },
  }
}

/** 0 where there is no URL. */
function portOf(url: unknown): number {
  return typeof url === 'string' ? Number(new URL(url).port) : 0
}
