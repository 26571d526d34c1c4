/** Opens the port, at every address that the name of the host has; what the system refuses is said in words. */
import { once } from 'node:events'
import { lookup } from 'node:dns/promises'
import type { Server } from 'node:http'
import { createServer as createNetServer, Server as NetServer, type AddressInfo } from 'node:net'
import { ConfigError } from '../settings/config'
import { serverOptions } from './server-options'
import type { VariableName } from '../settings/variables'

export interface Place {
  /** 0 for any free port. */
  readonly port: number
  /** Undefined for all addresses of the machine. */
  readonly host: string | undefined
  /** What an error is to name. */
  readonly variables: { readonly port: VariableName; readonly host: VariableName }
  /** Connections at the same time; those beyond are closed at once. */
  readonly maxConnections?: number | undefined
}

export interface Listener {
  readonly port: number
  /** What accepts connections: the server, and one for each further address. */
  readonly doors: readonly NetServer[]
  /** Takes no more connections. Those that are there stay, idle ones too. */
  stopAccepting(): void
  /** Ends all connections, at once; resolves when the last one is gone. */
  close(): Promise<void>
}

/** Where the port is any, the one found at the first address may be taken at the next. */
const ATTEMPTS = 5

/** @throws ConfigError where the place cannot be had */
export async function listen(server: Server, place: Place): Promise<Listener> {
  const addresses = await resolveHost(place)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openDoors(server, place, addresses)
    } catch (error) {
      const isUnlucky = place.port === 0 && codeOf(error) === 'EADDRINUSE'
      if (!isUnlucky || attempt === ATTEMPTS) throw listenError(error, place)
    }
  }
}

async function resolveHost({ host, variables }: Place): Promise<(string | undefined)[]> {
  if (host === undefined) return [undefined]
  // RFC 6761, section 6.3. Browsers try both, whatever the hosts file says.
  if (host === 'localhost') return ['127.0.0.1', '::1']
  try {
    const found = await lookup(host, { all: true })
    return Array.from(new Set(found.map(({ address }) => address)))
  } catch {
    throw new ConfigError(`${variables.host} is ${JSON.stringify(host)}, which has no address`)
  }
}

async function openDoors(
  server: Server,
  { port, maxConnections }: Place,
  addresses: readonly (string | undefined)[],
): Promise<Listener> {
  const doors: NetServer[] = []
  const closed: Promise<void>[] = []

  function stopAccepting(): void {
    for (const door of doors.splice(0)) {
      closed.push(
        new Promise(resolve =>
          NetServer.prototype.close.call(door, () => {
            resolve()
          }),
        ),
      )
    }
  }

  let opened = port
  for (const [index, address] of addresses.entries()) {
    // A server listens at one address only.
    const door = doors.length === 0 ? server : createSideDoor(server)
    try {
      door.listen({ port: opened, ...(address === undefined ? {} : { host: address }) })
      await once(door, 'listening')
    } catch (error) {
      const isLast = index === addresses.length - 1
      // IPv6 may be switched off.
      if (isAbsent(error) && (!isLast || doors.length > 0)) continue
      stopAccepting()
      throw error
    }
    if (maxConnections !== undefined) door.maxConnections = maxConnections
    doors.push(door)
    opened = (door.address() as AddressInfo).port
  }

  return {
    port: opened,
    doors: [...doors],
    stopAccepting,
    async close() {
      stopAccepting()
      server.close()
      server.closeAllConnections()
      await Promise.all(closed)
    },
  }
}

/** Hands its connections to `server`. */
function createSideDoor(server: Server): NetServer {
  return createNetServer({ ...serverOptions, allowHalfOpen: true, noDelay: true }, socket => {
    server.emit('connection', socket)
  }).on('drop', data => {
    server.emit('drop', data)
  })
}

function codeOf(error: unknown): unknown {
  return (Object(error) as { code?: unknown }).code
}

function isAbsent(error: unknown): boolean {
  return codeOf(error) === 'EADDRNOTAVAIL' || codeOf(error) === 'EAFNOSUPPORT'
}

/** What the system's refusal means to whoever started the demo. */
export function listenError(error: unknown, { port, host, variables }: Place): unknown {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new ConfigError(`${variables.port} is ${port}, which another program uses: choose another`)
    case 'EACCES':
      return new ConfigError(
        `${variables.port} is ${port}, which this user may not open: choose one above 1023`,
      )
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return new ConfigError(
        `${variables.host} is ${JSON.stringify(host)}, which is no address of this machine`,
      )
    default:
      return error
  }
}
