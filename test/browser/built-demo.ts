/** The demo as it is deployed: bundled into a directory of its own, and run as a process. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const PROJECT = join(__dirname, '../..')
const ESBUILD = join(PROJECT, 'node_modules/.bin/esbuild')
const WAVESURFER = join(PROJECT, 'node_modules/wavesurfer.js/dist/wavesurfer.esm.js')

export interface BuiltDemo {
  readonly directory: string
  start(environment?: Readonly<Record<string, string>>): Promise<DemoProcess>
  readonly remove: () => void
}

export interface DemoProcess {
  readonly origin: string
  readonly stop: () => Promise<void>
}

/** From our sources, so that nothing need be built before. */
export async function buildDemo(): Promise<BuiltDemo> {
  const directory = mkdtempSync(join(tmpdir(), 'demo-'))
  const run = promisify(execFile)
  const server = join(directory, 'server.js')
  await run(
    ESBUILD,
    ['demo/server.ts', '--bundle', '--platform=node', `--outfile=${server}`, '--log-level=error'],
    { cwd: PROJECT },
  )
  const client = join(directory, 'vendor/client/index.js')
  await run(ESBUILD, ['src/client/index.ts', '--bundle', '--format=esm', `--outfile=${client}`], {
    cwd: PROJECT,
  })
  cpSync(WAVESURFER, join(directory, 'vendor/wavesurfer.esm.js'))
  cpSync(join(PROJECT, 'demo/public'), join(directory, 'public'), { recursive: true })
  return {
    directory,
    start: environment => startProcess(server, environment ?? {}),
    remove() {
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function startProcess(
  server: string,
  environment: Readonly<Record<string, string>>,
): Promise<DemoProcess> {
  const child = spawn(process.execPath, [server], {
    env: {
      PATH: process.env['PATH'],
      STREAM_SERVER_PORT: '0',
      AUDIO_DIR: join(PROJECT, 'audio'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const origin = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // To the end: a pipe that nobody reads would stop it.
      if (said.length < 100_000) said += text
      const [found] = /http:\/\/localhost:\d+(?=\/)/.exec(said) ?? []
      if (found !== undefined) resolve(found)
    })
    child.once('exit', () => {
      reject(new Error(`The demo ended: ${said}`))
    })
  })
  return {
    origin,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}
