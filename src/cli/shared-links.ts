/** The connection of a command to what the nodes of a server share. */
import { isOptionError } from '../options'
import { RevocationListFull, type LinkState } from '../links/state/link-state'
import type { Effects, Input, OptionSpecs } from './command'
import { UnavailableError } from './unavailable-error'
import { UsageError } from './usage-error'

export const REDIS_OPTIONS: OptionSpecs = {
  'redis-url': {
    value: '<url>',
    help: 'the Redis of the server, redis://… or rediss://…; by default the environment variable REDIS_URL',
  },
  'redis-prefix': { value: '<prefix>', help: "the prefix of the server's redisState, ess: by default" },
}

export const REDIS_NOTES: readonly string[] = [
  'Acts on all nodes whose createLinks have redisState of the same Redis and prefix. Needs the package redis ' +
    '(npm install redis). If the URL has a password, set REDIS_URL: ps shows arguments.',
]

const DEFAULT_PREFIX = 'ess:'

/**
 * @param use gets the state; the connection ends after it
 * @throws UsageError if there is no usable URL
 * @throws UnavailableError if Redis does not respond
 */
export async function withSharedState<T>(
  { options }: Input,
  { environment, connect }: Effects,
  use: (state: LinkState) => Promise<T>,
): Promise<T> {
  const url = options.get('redis-url') ?? environment['REDIS_URL'] ?? ''
  if (url === '') throw new UsageError('There is no Redis: set REDIS_URL, or use --redis-url')
  // Not shown, because it may have a password.
  if (!/^rediss?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new UsageError('The URL of Redis must begin with redis:// or rediss://')
  }
  const { state, close } = await connect(url, options.get('redis-prefix') ?? DEFAULT_PREFIX)
  try {
    return await use(state)
  } catch (error) {
    if (error instanceof UsageError || error instanceof UnavailableError || isOptionError(error)) throw error
    if (error instanceof RevocationListFull) throw new UnavailableError(error.message, { cause: error })
    throw new UnavailableError('Redis does not respond as it should', { cause: error })
  } finally {
    close()
  }
}
