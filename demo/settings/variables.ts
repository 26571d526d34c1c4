/**
 * The variables of the environment: what each takes, what it is where nobody sets it, and what it means. The judgement
 * at start, `--help` and `.env.example` all come from this table.
 */
import { join } from 'node:path'
import { makeExactValidator, type OptionalValidatorSpec, type RequiredValidatorSpec } from 'envalid'
import { projectDirectory } from '../paths'
import {
  oneOf,
  readCount,
  readDirectory,
  readDuration,
  readFlag,
  readOrigins,
  readPort,
  readSecret,
  readText,
  readTrustProxy,
  type Kind,
} from './variable-kinds'

interface Documented {
  /** What stands in for the variable, in words. */
  readonly otherwise: string
  readonly meaning: string
}

/** A variable that is read from `otherwise` where it is not set. */
function variable<T>(
  read: Kind<T>,
  otherwise: string,
  meaning: string,
): RequiredValidatorSpec<T> & Documented {
  return { ...makeExactValidator(read)({ default: read(otherwise) as NonNullable<T> }), otherwise, meaning }
}

/** A variable that may be undefined; `otherwise` says what happens then. */
function optional<T>(
  read: Kind<T>,
  otherwise: string,
  meaning: string,
): OptionalValidatorSpec<T> & Documented {
  return { ...makeExactValidator(read)({ default: undefined }), otherwise, meaning }
}

export const DEFAULT_AUDIO_DIR = join(projectDirectory, 'audio')

const secret = optional(
  readSecret,
  'a random one for each run, but must be set in production',
  'signs and verifies links; 16 bytes at least, 32 or more advised (openssl rand -hex 32); taken whole',
)

export const variables = {
  NODE_ENV: optional(readText, 'development', 'where it is production, defaults are strict'),
  STREAM_SERVER_PORT: variable(readPort, '8082', 'port of the server; 0 for any free one'),
  HOST: optional(
    readText,
    'localhost; in production, all addresses of the machine',
    'name or address to listen on; 0.0.0.0 or :: for all',
  ),
  SECRET_KEY: {
    ...secret,
    requiredWhen: ({ NODE_ENV }: Record<string, unknown>) => NODE_ENV === 'production',
  },
  SECRET_KEY_PREVIOUS: optional(
    readSecret,
    'none',
    'verifies links that were signed before SECRET_KEY was changed, until the last of them expires',
  ),
  ALLOWED_ORIGINS: variable(
    readOrigins,
    '*',
    'origins whose pages may read responses, separated by commas, as browsers send them: https://app.example, capacitor://localhost',
  ),
  AUDIO_DIR: {
    ...makeExactValidator(readDirectory)(),
    otherwise: 'audio, in the directory of the project',
    meaning: 'directory of the tracks',
  },
  OPEN_SIGNING: optional(
    readFlag,
    'true; in production, false',
    'true lets anyone who reaches the server list tracks and get links; false makes /api/tracks and /api/sign answer 403',
  ),
  LOG_LEVEL: variable(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'least level that is logged; debug tells how each stream ended',
  ),
  LOG_FORMAT: optional(
    oneOf('json', 'pretty'),
    'pretty on a terminal, json otherwise',
    'json for one object a line, pretty for people',
  ),
  TRUST_PROXY: optional(
    readTrustProxy,
    'none: X-Forwarded-For is not believed',
    'proxies whose X-Forwarded-For tells the client: how many, or addresses and subnets (loopback, 10.0.0.0/8)',
  ),
  MAX_STREAMS_PER_CLIENT: variable(
    readCount,
    '256',
    'granted streams at the same time for one address (IPv6: one /64), refused with 429 beyond; 0 for no limit',
  ),
  MAX_REFUSALS_PER_MINUTE: variable(
    readCount,
    '60',
    'refused signatures for one address, answered 429 beyond; valid links are not touched; 0 for no limit',
  ),
  CACHE_MAX_BYTES: variable(readCount, '67108864', 'bytes of hot content kept in memory; 0 for none'),
  CACHE_MAX_FILES: variable(readCount, '256', 'open files kept that nobody reads; 0 for none'),
  STALL_TIMEOUT: variable(
    readDuration,
    '60s',
    'time after which a reader that takes nothing is cut; 0 for never',
  ),
  DRAIN_DELAY: variable(
    readDuration,
    '0s',
    'time on SIGTERM for which /readyz answers 503 and all else goes on, so that a load balancer takes note',
  ),
  DRAIN_TIMEOUT: variable(
    readDuration,
    '25s',
    'time after it for which streams under way may finish; what remains is cut, and players resume elsewhere',
  ),
  METRICS_PORT: optional(readPort, 'none', 'port for /metrics, /healthz and /readyz; 0 for any free one'),
  HOST_METRICS: variable(readText, '127.0.0.1', 'name or address to listen on for METRICS_PORT'),
  METRICS_TOKEN: optional(
    readSecret,
    'none',
    'bearer token that /metrics asks for; without METRICS_PORT it opens /metrics on the main port',
  ),
}

export type VariableName = keyof typeof variables
