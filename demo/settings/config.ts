/** What the environment asks of the demo. Judged once, at start: nothing wrong is left to be found by a listener. */
import { randomBytes } from 'node:crypto'
import { customCleanEnv, EnvMissingError, type ReporterOptions } from 'envalid'
import type { TrustProxy } from './variable-kinds'
import { DEFAULT_AUDIO_DIR, variables } from './variables'

export interface DemoConfig {
  /** 0 for any free port. */
  readonly port: number
  /** A name or an address; undefined for all addresses of the machine. */
  readonly host: string | undefined
  /** What links are signed with. */
  readonly secret: string
  /** What links are verified with: `secret` first. */
  readonly secrets: readonly string[]
  /** Whether the secret was made for this run, because the environment gave none. */
  readonly isSecretRandom: boolean
  /** The origins whose pages may use the server, or all of them. */
  readonly origin: '*' | string[]
  /** Absolute; holds the tracks. */
  readonly audioDirectory: string
  /** Whether anyone may have links signed. */
  readonly isSigningOpen: boolean
  readonly logLevel: string
  /** Undefined where the terminal decides. */
  readonly logFormat: 'json' | 'pretty' | undefined
  /** Undefined where no proxy is believed. */
  readonly trustProxy: TrustProxy | undefined
  /** For one address at the same time; 0 for no limit. */
  readonly maxStreamsPerClient: number
  /** For one address; 0 for no limit. */
  readonly maxRefusalsPerMinute: number
  readonly cache: { readonly maxBytes: number; readonly maxFiles: number }
  /** Milliseconds; 0 for never. */
  readonly stallTimeout: number
  /** Milliseconds. */
  readonly drainDelay: number
  /** Milliseconds. */
  readonly drainTimeout: number
  readonly metrics: {
    /** Undefined where metrics have no port of their own. */
    readonly port: number | undefined
    readonly host: string
    /** Undefined where they ask for none. */
    readonly token: string | undefined
  }
}

/** What the demo cannot start with; each problem begins with the name of a variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(...problems: readonly string[]) {
    super(problems.join('; '))
    this.problems = problems
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** @throws ConfigError that names every variable that is wrong */
export function readConfig(environment: Environment): DemoConfig {
  // Compose files and CI pass on what nobody set as an empty text.
  const given = Object.fromEntries(Object.entries(environment).filter(([, text]) => text !== ''))
  const env = customCleanEnv({ AUDIO_DIR: DEFAULT_AUDIO_DIR, ...given }, variables, cleaned => cleaned, {
    reporter,
  })
  const isProduction = env.NODE_ENV === 'production'
  const secret = env.SECRET_KEY ?? randomBytes(32).toString('hex')
  return {
    port: env.STREAM_SERVER_PORT,
    // The demo signs for whoever reaches it.
    host: env.HOST ?? (isProduction ? undefined : 'localhost'),
    secret,
    secrets: env.SECRET_KEY_PREVIOUS === undefined ? [secret] : [secret, env.SECRET_KEY_PREVIOUS],
    isSecretRandom: env.SECRET_KEY === undefined,
    origin: env.ALLOWED_ORIGINS,
    audioDirectory: env.AUDIO_DIR,
    isSigningOpen: env.OPEN_SIGNING ?? !isProduction,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
    trustProxy: env.TRUST_PROXY,
    maxStreamsPerClient: env.MAX_STREAMS_PER_CLIENT,
    maxRefusalsPerMinute: env.MAX_REFUSALS_PER_MINUTE,
    cache: { maxBytes: env.CACHE_MAX_BYTES, maxFiles: env.CACHE_MAX_FILES },
    stallTimeout: env.STALL_TIMEOUT,
    drainDelay: env.DRAIN_DELAY,
    drainTimeout: env.DRAIN_TIMEOUT,
    metrics: { port: env.METRICS_PORT, host: env.HOST_METRICS, token: env.METRICS_TOKEN },
  }
}

function reporter({ errors }: ReporterOptions<typeof variables>): void {
  const problems = Object.entries(errors).map(([name, error]) =>
    error instanceof EnvMissingError
      ? `${name} must be set where NODE_ENV is production`
      : `${name} ${error.message}`,
  )
  if (problems.length > 0) throw new ConfigError(...problems)
}
