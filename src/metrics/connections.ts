/** Connections of servers, idle ones included, for which there are no events. */
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
        { name: 'open_connections', help: 'Connections of the watched servers, idle ones included.' },
        countAll,
      )
    }
    servers.add(server)
  }
}

/** 0 if a child process to which connections were passed does not respond: a scrape must not fail for that. */
function countConnections(server: Server): Promise<number> {
  return new Promise(resolve => {
    server.getConnections((error, count) => {
      resolve(error === null ? count : 0)
    })
  })
}
