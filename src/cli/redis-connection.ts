/**
 * Connects to Redis by `redis`, which the package does not depend on: it is loaded by the commands that need it, and only
 * then.
 */
import type * as Redis from 'redis'
import { redisState } from '../links/state/redis/redis-state'
import type { SharedLinks } from './command'
import { UnavailableError } from './unavailable-error'

/** Milliseconds. A person waits, and nothing else does. */
const TIME_LIMIT = 5000

/** @throws UnavailableError */
export async function connectToRedis(url: string, prefix: string): Promise<SharedLinks> {
  const { createClient } = await loadClient()
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: TIME_LIMIT, reconnectStrategy: false },
  })
  // The command that waits for a reply gets an error, too.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    client.destroy()
    throw new UnavailableError(`Cannot connect to Redis: ${reasonOf(error)}`, { cause: error })
  }
  return {
    state: redisState({ send: (...args) => client.sendCommand(args), prefix, timeout: TIME_LIMIT }),
    close() {
      client.destroy()
    },
  }
}

async function loadClient(): Promise<typeof Redis> {
  try {
    return await import('redis')
  } catch (error) {
    throw new UnavailableError('This command needs the client of Redis: npm install redis', { cause: error })
  }
}

/** Without the address and the user, which the texts of some errors have. */
function reasonOf(error: unknown): string {
  const { code, message = '' } = error as { code?: string; message?: string }
  const [reply] = /^(?:NOAUTH|WRONGPASS|NOPERM|LOADING|ERR)\b/.exec(message) ?? []
  return code ?? reply ?? 'it does not respond'
}
