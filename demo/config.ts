/** What the environment asks of the demo. Judged once, at start: nothing wrong is left to be found by a listener. */
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { accessSync, constants, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { projectDirectory } from './paths'

export interface DemoConfig {
  /** 0 for any free port. */
  readonly port: number
  readonly secret: string
  /** Whether the secret was made for this run, because the environment gave none. */
  readonly isSecretRandom: boolean
  /** The origins whose pages may use the server, or all of them. */
  readonly origin: '*' | string[]
  /** Absolute; holds the tracks. */
  readonly audioDirectory: string
}

/** A variable of the environment that the demo cannot start with. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(variable: string, problem: string) {
    super(`${variable} ${problem}`)
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

const MIN_SECRET_BYTES = 16

/** @throws ConfigError for the first variable that is wrong */
export function readConfig(environment: Environment): DemoConfig {
  // Compose files and CI pass on what nobody set as an empty text.
  function read(variable: string): string | undefined {
    return environment[variable] === '' ? undefined : environment[variable]
  }

  const secret = read('SECRET_KEY')
  return {
    port: judgePort(read('STREAM_SERVER_PORT') ?? '8082'),
    secret: judgeSecret(secret, read('NODE_ENV') === 'production'),
    isSecretRandom: secret === undefined,
    origin: judgeOrigins(read('ALLOWED_ORIGINS') ?? '*'),
    audioDirectory: judgeDirectory(read('AUDIO_DIR') ?? join(projectDirectory, 'audio')),
  }
}

function judgePort(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new ConfigError('STREAM_SERVER_PORT', `must be a port from 0 to 65535, got ${JSON.stringify(text)}`)
  }
  return Number(text)
}

function judgeSecret(secret: string | undefined, isProduction: boolean): string {
  if (secret === undefined) {
    if (isProduction) throw new ConfigError('SECRET_KEY', 'must be set where NODE_ENV is production')
    return randomBytes(32).toString('hex')
  }
  const bytes = Buffer.byteLength(secret)
  if (bytes < MIN_SECRET_BYTES) {
    throw new ConfigError('SECRET_KEY', `must have ${MIN_SECRET_BYTES} bytes or more, got ${bytes}`)
  }
  return secret
}

function judgeOrigins(text: string): '*' | string[] {
  const origins = text.split(',').map(origin => origin.trim())
  if (origins.includes('*')) return '*'
  for (const origin of origins) {
    // Browsers send exactly this form: with a path, or only a slash after it, an entry would never match.
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      const expected = 'must list origins such as https://app.example, separated by commas'
      throw new ConfigError('ALLOWED_ORIGINS', `${expected}, got ${JSON.stringify(origin)}`)
    }
  }
  return origins
}

function judgeDirectory(path: string): string {
  const directory = resolve(path)
  if (!isReadableDirectory(directory)) {
    throw new ConfigError('AUDIO_DIR', `must be a directory that can be read, got ${JSON.stringify(path)}`)
  }
  return directory
}

function isReadableDirectory(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.X_OK)
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
