/** Connections of servers: idle ones too, which no event tells of. */
import type { Server } from 'node:net'
import type { Meters } from './meters'

/** @returns counts the connections of one more server */
export function measureConnections(meters: Meters): (server: Server) => void {
  const servers = new Set<Server>()

  async function countAll(): Promise<number> {
    const counts = await Promise.all(Array.from(servers, countConnections))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  return function watchConnections(server) {
    if (servers.size === 0) {
      meters.gauge(
        { name: 'open_connections', help: 'Connections of the watched servers, idle ones too.' },
        countAll,
      )
    }
    servers.add(server)
  }
}

/** Where a process that was handed some cannot be asked, none: a scrape must not fail for it. */
function countConnections(server: Server): Promise<number> {
  return new Promise(resolve => {
    server.getConnections((error, count) => {
      resolve(error === null ? count : 0)
    })
  })
}
