/** How the server treats connections: against clients that are slow on purpose, and within what the system lends. */
import { readFileSync } from 'node:fs'
import type { ServerOptions } from 'node:http'

export const serverOptions: ServerOptions = {
  // A request has no body and fits in one packet: who takes longer than this holds a socket on purpose.
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  // How soon the two above are seen to.
  connectionsCheckingInterval: 5000,
  // Longer than the 60 s for which nginx and most load balancers keep one: a request never meets one being closed.
  keepAliveTimeout: 75_000,
  // An id of 128 letters outside ASCII is 1.5 kB, and a browser adds the cookies of the site.
  maxHeaderSize: 16_384,
  // A phone that is out of range for good tells nobody.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
}

/** Beside connections: the log, the event loop, what the Node opens by itself. */
const RESERVE = 64

/**
 * How many connections there can be so that each of them can also read a file of its own: without a limit, a server out
 * of descriptors answers 503 to listeners whom it has let in.
 *
 * @returns undefined where the system does not say
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
