/** Logs that connections were closed because there were too many. */
import type { Server } from 'node:http'
import type { StreamLogger } from 'express-signed-stream'

/** Milliseconds between two warnings: a flood must not fill the disk. */
const QUIET_TIME = 60_000

export function warnOfDrops(server: Server, logger: StreamLogger): void {
  let warnedAt = -Infinity
  server.on('drop', () => {
    if (performance.now() - warnedAt < QUIET_TIME) return
    warnedAt = performance.now()
    logger.warn({}, 'Too many connections: some were closed unheard')
  })
}
