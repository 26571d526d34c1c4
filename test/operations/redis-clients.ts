/** The clients that apps have, as docs/links.md sets them up. */
import type { SendCommand } from 'express-signed-stream/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

export interface RedisClient {
  readonly send: SendCommand
  close(): void
}

/** Milliseconds, so that a test does not wait for a client that connects again. */
const RECONNECT = 20

/** Returns at once, and connects as soon as Redis is there. */
export function openNodeRedis(port: number): RedisClient & { readonly connected: Promise<unknown> } {
  const client = createClient({
    socket: { port, host: '127.0.0.1', reconnectStrategy: RECONNECT },
    disableOfflineQueue: true,
  })
  client.on('error', () => undefined)
  const connected = client.connect()
  connected.catch(() => undefined)
  return {
    connected,
    send: (...args) => client.sendCommand(args),
    close() {
      client.destroy()
    },
  }
}

async function nodeRedis(port: number): Promise<RedisClient> {
  const client = openNodeRedis(port)
  await client.connected
  return client
}

async function ioredis(port: number): Promise<RedisClient> {
  const client = new Redis({
    port,
    host: '127.0.0.1',
    enableOfflineQueue: false,
    lazyConnect: true,
    retryStrategy: () => RECONNECT,
  })
  client.on('error', () => undefined)
  await client.connect()
  return {
    send: (...[name = '', ...args]) => client.call(name, ...args),
    close() {
      client.disconnect()
    },
  }
}

export const CLIENTS: readonly [string, (port: number) => Promise<RedisClient>][] = [
  ['node-redis', nodeRedis],
  ['ioredis', ioredis],
]
