/**
 * The variables of the environment, each stated once: how it is read, its default, what it means. The configuration and
 * its type, `--help` and `.env.example` come from this table, so a new variable is a new row. docs/operations.md has the
 * same rows, and a test compares them.
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
  readRedisUrl,
  readSecret,
  readStore,
  readText,
  readUrl,
  readWorkers,
  readWritableFile,
  readTrustProxy,
  type Kind,
} from './variable-kinds'

/** The texts of a row. Its `devDefault`, if it has one, is the default unless NODE_ENV is production. */
export interface Documented {
  readonly meaning: string
  /** The default, in words. */
  readonly otherwise: string
  /** The text that is read if the variable is not set. */
  readonly text?: string
  /** An older name, read if the variable is not set. */
  readonly formerName?: string
  /** Another variable, with which this one has no default. */
  readonly without?: string
}

type RequiredVariable<T> = RequiredValidatorSpec<T> & Documented
type OptionalVariable<T> = OptionalValidatorSpec<T> & Documented

/** A variable that is read from `text` if it is not set. */
function withDefault<T>(read: Kind<T>, text: string, meaning: string, otherwise = text): RequiredVariable<T> {
  return { ...makeExactValidator(read)(), text, otherwise, meaning }
}

/** A variable that stays undefined if it is not set; `otherwise` says what happens then. */
function optional<T>(read: Kind<T>, otherwise: string, meaning: string): OptionalVariable<T> {
  return { ...makeExactValidator(read)({ default: undefined }), otherwise, meaning }
}

export const variables = {
  NODE_ENV: withDefault(
    readText,
    'development',
    'With production, SECRET_KEY is required, and HOST and OPEN_SIGNING have other defaults.',
  ),
  STREAM_SERVER_PORT: withDefault(readPort, '8082', 'The port of the server; 0 takes any free one.'),
  HOST: {
    ...makeExactValidator(readText)({ default: undefined, devDefault: 'localhost' }),
    otherwise: 'localhost; in production, all addresses of the machine',
    meaning: 'The name or address to listen on; 0.0.0.0 or :: means all addresses.',
  },
  WORKERS: withDefault(
    readWorkers,
    '1',
    'The processes that serve, one for each core: a number from 1 to 256, or auto for the cores that this process may use.',
  ),
  SECRET_KEY: {
    ...makeExactValidator(readSecret)({ devDefault: undefined }),
    otherwise: 'a random secret for each run; in production there is none, and it must be set',
    meaning:
      'Signs and verifies links. It needs 16 bytes, better 32 (openssl rand -hex 32), and is used exactly as given.',
  },
  SECRET_KEY_PREVIOUS: optional(
    readSecret,
    'none',
    'Verifies links that were signed before SECRET_KEY changed. Remove it when the last of them has expired.',
  ),
  ALLOWED_ORIGINS: withDefault(
    readOrigins,
    '*',
    'The origins whose pages may read responses, separated by commas, as browsers send them (https://app.example, capacitor://localhost); * allows all.',
  ),
  AUDIO_DIR: {
    ...optional(
      readDirectory,
      'audio, in the directory of the project',
      'The directory that holds the tracks. Not with SOURCE.',
    ),
    text: join(projectDirectory, 'audio'),
    without: 'SOURCE',
  },
  LIBRARY: optional(
    oneOf('flat', 'tree'),
    'flat; with SOURCE, tree',
    'With flat, the tracks are the files of AUDIO_DIR itself, named by their ids; with tree, those of all folders below it too, under any name.',
  ),
  SOURCE: optional(
    readStore,
    'none: the tracks are in AUDIO_DIR',
    'The bucket that holds the tracks, and the folder in it, as s3://bucket/folder. Credentials are found as the AWS tools find them.',
  ),
  S3_ENDPOINT: optional(
    readUrl,
    'that of AWS for the region',
    'The address of the store, if SOURCE is not at AWS: https://s3.example.',
  ),
  S3_FORCE_PATH_STYLE: optional(
    readFlag,
    'true with S3_ENDPOINT, otherwise false',
    'With true, the bucket of SOURCE is the first segment of the path; with false, part of the host name.',
  ),
  AWS_REGION: optional(
    readText,
    'that of the AWS profile; with S3_ENDPOINT, us-east-1',
    'The region of the bucket of SOURCE.',
  ),
  OPEN_SIGNING: {
    ...makeExactValidator(readFlag)({ default: false, devDefault: true }),
    otherwise: 'true; in production, false',
    meaning:
      'With true, every client may list the tracks, get links, see who listens, and end streams and links. With false, /api/tracks, /api/sign, /api/streams and /api/revoke respond with 403.',
  },
  REDIS_URL: optional(
    readRedisUrl,
    'none: each instance counts for itself',
    'The Redis that instances share: what a link limits, who may go on after its expiry, and what was revoked. MAX_STREAMS_PER_CLIENT stays that of each instance.',
  ),
  REVOCATIONS_FILE: optional(
    readWritableFile,
    'none: revocations end with the server',
    'The file that keeps what was revoked when the server ends, for one machine without Redis. Its directory must exist, on a local disk. Not with REDIS_URL.',
  ),
  LOG_LEVEL: withDefault(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'The lowest level that is logged (trace, debug, info, warn, error, fatal), or silent. With debug, the end of each stream is logged.',
  ),
  LOG_FORMAT: optional(
    oneOf('json', 'pretty'),
    'pretty on a terminal, json otherwise',
    'With json, each line is one object; pretty is for people.',
  ),
  TRUST_PROXY: optional(
    readTrustProxy,
    'none: X-Forwarded-For is ignored',
    'The proxies whose X-Forwarded-For gives the address of the client: their number, or their addresses and subnets (loopback, 10.0.0.0/8).',
  ),
  MAX_STREAMS_PER_CLIENT: withDefault(
    readCount,
    '256',
    'The streams that one address (IPv6: one /64) may have at a time on this instance, with all its workers. More are refused with 429; 0 means no limit.',
  ),
  MAX_REFUSALS_PER_MINUTE: withDefault(
    readCount,
    '60',
    'The invalid signatures that one address may send per minute. More are refused with 429, but valid links are served; 0 means no limit.',
  ),
  CACHE_MAX_BYTES: withDefault(
    readCount,
    '67108864',
    'The bytes of frequently requested content that are kept in memory, by all workers together; 0 keeps none.',
  ),
  CACHE_MAX_FILES: withDefault(
    readCount,
    '256',
    'The files that each worker keeps open while no response reads them; 0 keeps none.',
  ),
  UV_THREADPOOL_SIZE: withDefault(
    readCount,
    '64',
    'The threads of each worker that read files, 1 to 1024: so many reads of a slow disk or mount go on at a time.',
  ),
  STALL_TIMEOUT: withDefault(
    readDuration,
    '60s',
    'The time after which a client that accepts no data is disconnected; 0 means never.',
  ),
  DRAIN_DELAY: withDefault(
    readDuration,
    '0s',
    'The time after SIGTERM in which /readyz responds with 503 and everything else continues, so that a load balancer can react.',
  ),
  DRAIN_TIMEOUT: withDefault(
    readDuration,
    '25s',
    'The time after DRAIN_DELAY in which streams in progress may finish. Then the others are disconnected, and players resume elsewhere.',
  ),
  METRICS_PORT: optional(
    readPort,
    'none',
    'The port for /metrics, /healthz and /readyz; 0 takes any free one.',
  ),
  METRICS_HOST: {
    ...withDefault(
      readText,
      '127.0.0.1',
      'The name or address that METRICS_PORT listens on. Its former name HOST_METRICS is still read.',
    ),
    formerName: 'HOST_METRICS',
  },
  METRICS_TOKEN: optional(
    readSecret,
    'none',
    'The bearer token that /metrics requires. Without METRICS_PORT, it opens /metrics on the main port.',
  ),
}

export type VariableName = keyof typeof variables
