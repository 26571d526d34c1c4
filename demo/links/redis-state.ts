/** What several instances share, in Redis. Apart from the rest, because it loads the client of Redis. */
import type { LinkState } from 'express-signed-stream'
import { redisState } from 'express-signed-stream/redis'
import { createClient } from 'redis'
import { within } from '../work/time-limit'

export interface SharedState {
  readonly state: LinkState
  close(): void
}

/** Milliseconds for which the start waits for Redis, so that the log does not report one that only connects. */
const PATIENCE = 1000

/** Milliseconds. */
const CONNECT_TIMEOUT = 2000
const FIRST_RECONNECT = 50
const LONGEST_RECONNECT = 1000

/** Milliseconds without a reply after which no more is sent, so that nothing piles up for a Redis that hangs. */
const SILENCE = 1000

/** Milliseconds without traffic after which the connection is replaced: the other machine may be gone. */
const IDLE_TIMEOUT = 5000

/** Connects, and connects again whenever the connection is lost. Resolves after a moment even if Redis is away. */
export async function openRedisState(url: string): Promise<SharedState> {
  const client = createClient({
    url,
    // A command that waits for a connection would be late for every request.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: CONNECT_TIMEOUT,
      // The package asks once a second, so a connection that is idle is one to which nothing is sent any more.
      socketTimeout: IDLE_TIMEOUT,
      reconnectStrategy: retries => Math.min(FIRST_RECONNECT * 2 ** Math.min(retries, 10), LONGEST_RECONNECT),
    },
  })
  /** Why there is no connection. The state is called each second, and the package logs once that it does not respond. */
  let fault: unknown
  client.on('error', error => {
    fault = error
  })
  // It never rejects: each failure leads to another attempt.
  const connected = client.connect().catch(() => undefined)
  await within(PATIENCE, connected)

  let unanswered = 0
  let progressAt = 0

  async function send(...args: string[]): Promise<unknown> {
    if (!client.isReady) throw new Error('Redis is not connected', { cause: fault })
    if (unanswered > 0 && performance.now() - progressAt > SILENCE) throw new Error('Redis does not reply')
    if (unanswered === 0) progressAt = performance.now()
    unanswered += 1
    try {
      return await client.sendCommand(args)
    } finally {
      unanswered -= 1
      progressAt = performance.now()
    }
  }
  return {
    state: redisState({ send }),
    close() {
      client.destroy()
    },
  }
}
