/** The links of the demo: one object for the stream, for the API of the page and for the limits of each client. */
import {
  createLinks,
  StreamError,
  type Links,
  type LinkState,
  type StreamLogger,
} from 'express-signed-stream'
import type { SharedState } from './redis-state'
import type * as RedisState from './redis-state'
import { openRevocationsFile } from './revocations-file'
import { ConfigError } from '../settings/config'

/** Where the stream is. */
export const STREAM_PATH = '/stream'

export interface OpenLinks {
  readonly links: Links
  /** Whether it is known what was revoked. Until then, every stream gets 503. */
  readonly isReady: () => Promise<boolean>
  readonly close: () => void
}

export interface OpenLinksOptions {
  /** All secrets that verify links; the first one signs them. */
  readonly secrets: readonly [string, ...string[]]
  /** Of the Redis that several instances share; undefined if there is only this one. */
  readonly redisUrl: string | undefined
  /** What the workers of this server share; undefined if there is only one process. A Redis takes its place. */
  readonly workerState: LinkState | undefined
  /** Keeps revocations when this process ends; undefined if they end with it. Of several workers, the primary process has it. */
  readonly revocationsFile: string | undefined
  readonly logger: StreamLogger
}

/** Starts without its Redis, too: sessions and revocations are shared as soon as that responds. */
export async function openLinks({
  secrets,
  redisUrl,
  workerState,
  revocationsFile,
  logger,
}: OpenLinksOptions): Promise<OpenLinks> {
  const shared = redisUrl === undefined ? undefined : await loadRedis().openRedisState(redisUrl)
  const state =
    shared?.state ??
    workerState ??
    (revocationsFile === undefined ? undefined : openRevocationsFile(revocationsFile))
  const links = createLinks({ secret: secrets, baseUrl: STREAM_PATH, logger, state })
  return {
    links,
    isReady: state === undefined ? () => Promise.resolve(true) : createReadiness(links),
    close() {
      links.close()
      shared?.close()
    },
  }
}

/** A link of our own is checked like any other: it is refused until the revocations are known. */
function createReadiness(links: Links): () => Promise<boolean> {
  let isReady = false
  return async function isStateRead() {
    if (isReady) return true
    try {
      await links.verify(links.signUrl('ready', { expiresIn: 60 }))
      isReady = true
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
    }
    return isReady
  }
}

/** Loads the client of Redis, which takes 25 MB: an instance that is alone does not need it. */
function loadRedis(): { openRedisState(url: string): Promise<SharedState> } {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- this program is CommonJS, and one bundle
    return require('./redis-state') as typeof RedisState
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new ConfigError('REDIS_URL needs a package that is not installed: npm install redis')
  }
}
