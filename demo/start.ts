/** Starts and stops the demo, and says in plain lines what happens. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSigner } from 'express-signed-stream'
import { createDemoApp } from './app'
import { ConfigError, readConfig, type DemoConfig, type Environment } from './config'
import { createLogger } from './logger'
import { listTracks } from './tracks'

/** Where lines go; `console` fits. */
export interface Output {
  log(line: string): void
  error(line: string): void
}

export interface RunningDemo {
  readonly port: number
  /** Takes no new connections, lets answers under way end, and resolves when the last one has. */
  stop(): Promise<void>
}

/** @returns undefined where it cannot start: why has been said in one line */
export async function startDemo(environment: Environment, output: Output): Promise<RunningDemo | undefined> {
  try {
    const config = readConfig(environment)
    const app = createDemoApp(
      config,
      createLogger(line => {
        output.log(line)
      }),
    )
    const server = createServer(app)
    const port = await listen(server, config.port)
    for (const line of await describeStart(config, port)) output.log(line)
    return { port, stop: () => stop(server) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    output.error(`Cannot start: ${error.message}`)
    return undefined
  }
}

/** @throws ConfigError where the port cannot be had */
async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port)
    await once(server, 'listening')
  } catch (error) {
    throw listenError(error, port)
  }
  return (server.address() as AddressInfo).port
}

/** What the system's refusal means to whoever started the demo. */
export function listenError(error: unknown, port: number): unknown {
  const { code } = Object(error) as { code?: unknown }
  if (code === 'EADDRINUSE') {
    return new ConfigError('STREAM_SERVER_PORT', `is ${port}, which another program uses: choose another`)
  }
  if (code === 'EACCES') {
    return new ConfigError(
      'STREAM_SERVER_PORT',
      `is ${port}, which this user may not open: choose one above 1023`,
    )
  }
  return error
}

async function describeStart(config: DemoConfig, port: number): Promise<string[]> {
  const origin = `http://localhost:${port}`
  const lines = [`Page:        ${origin}/`]
  if (config.isSecretRandom) {
    lines.unshift('SECRET_KEY is not set: links are signed with a random secret and die with this run')
  }
  const [track] = await listTracks(config.audioDirectory)
  if (track === undefined) return [...lines, `No tracks in ${config.audioDirectory}`]

  const signer = createSigner({ secret: config.secret, baseUrl: `${origin}/stream` })
  const url = signer.signUrl(track.id, { expiresIn: 3600 })
  return [
    ...lines,
    `Signed link: ${url}`,
    `Try a range: curl -sS -D - -o part.audio -H 'Range: bytes=0-1023' '${url}'`,
    'The page signs links for anyone who can reach it: in a real app, put your own login in front of /api/sign',
  ]
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  await closed
}
