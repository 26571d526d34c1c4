/** Limits for connections: against clients that are slow on purpose, and within the file descriptors of the system. */
import { readFileSync } from 'node:fs'
import type { ServerOptions } from 'node:http'

export const serverOptions: ServerOptions = {
  // A request has no body and fits into one packet: a client that needs longer occupies a socket on purpose.
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  // How often the two time-outs above are checked.
  connectionsCheckingInterval: 5000,
  // Longer than the 60 s of nginx and most load balancers, so that they never send a request as this server closes.
  keepAliveTimeout: 75_000,
  // An id of 128 letters outside ASCII is 1.5 kB, and a browser adds the cookies of the site.
  maxHeaderSize: 16_384,
  // A phone that loses its network does not close its connections.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
}

/** Descriptors for other things: the log, the event loop, files that Node opens. */
const RESERVE = 64

/**
 * The number of connections of which each can also read a file of its own. Without this limit, a server that runs out of
 * descriptors responds with 503 to listeners that it has accepted.
 *
 * @returns undefined if the system does not tell its limit
 */
export function connectionLimit(maxFiles: number): number | undefined {
  const descriptors = descriptorLimit()
  if (descriptors === undefined) return undefined
  return Math.max(16, Math.floor((descriptors - maxFiles - RESERVE) / 2))
}

function descriptorLimit(): number | undefined {
  try {
    const limit = /^Max open files +([0-9]+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? undefined : Number(limit)
  } catch {
    return undefined
  }
}
