/** Opens a port at every address of a host name. If the system refuses, the error names the variable to change. */
import cluster from 'node:cluster'
import { once } from 'node:events'
import { lookup } from 'node:dns/promises'
import type { Server } from 'node:http'
import { createServer as createNetServer, Server as NetServer, type AddressInfo, type Socket } from 'node:net'
import { ConfigError } from '../settings/config'
import { serverOptions } from './server-options'
import type { VariableName } from '../settings/variables'

export interface ListenOptions {
  /** 0 for any free port. */
  readonly port: number
  /** Undefined for all addresses of the machine. */
  readonly host: string | undefined
  /** The variables that errors name. */
  readonly variables: { readonly port: VariableName; readonly host: VariableName }
  /** Connections at the same time; more are closed at once. */
  readonly maxConnections?: number | undefined
}

export interface OpenPort {
  readonly port: number
  /** What accepts connections: the server itself, and one more listener for each further address. */
  readonly listeners: readonly NetServer[]
  /** Accepts no more connections. Existing ones stay, even idle ones. */
  stopAccepting(): void
  /** Closes all connections at once; resolves when the last one is closed. */
  close(): Promise<void>
}

/** With port 0, the free port of the first address may be in use at the next one: how often to try. */
const ATTEMPTS = 5

/** @throws ConfigError if the port cannot be opened there */
export async function listen(server: Server, options: ListenOptions): Promise<OpenPort> {
  const addresses = await resolveHost(options)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openPort(server, options, addresses)
    } catch (error) {
      const isUnlucky = options.port === 0 && codeOf(error) === 'EADDRINUSE'
      if (!isUnlucky || attempt === ATTEMPTS) throw listenError(error, options)
    }
  }
}

async function resolveHost({ host, variables }: ListenOptions): Promise<(string | undefined)[]> {
  if (host === undefined) return [undefined]
  // Browsers try both (RFC 6761, section 6.3), even if the hosts file has only one.
  if (host === 'localhost') return ['127.0.0.1', '::1']
  try {
    const found = await lookup(host, { all: true })
    return Array.from(new Set(found.map(({ address }) => address)))
  } catch {
    throw new ConfigError(`${variables.host} is ${JSON.stringify(host)}, which has no address`)
  }
}

async function openPort(
  server: Server,
  { port, maxConnections }: ListenOptions,
  addresses: readonly (string | undefined)[],
): Promise<OpenPort> {
  const listeners: NetServer[] = []
  const closed: Promise<void>[] = []

  function stopAccepting(): void {
    for (const listener of listeners.splice(0)) {
      closed.push(
        new Promise(resolve =>
          // Not that of http.Server, which also closes idle connections.
          NetServer.prototype.close.call(listener, () => {
            resolve()
          }),
        ),
      )
    }
  }

  let opened = port
  for (const [index, address] of addresses.entries()) {
    // A server of Node listens at one address only.
    const listener = listeners.length === 0 ? server : createExtraListener(server)
    try {
      listener.listen({ port: opened, ...(address === undefined ? {} : { host: address }) })
      await once(listener, 'listening')
    } catch (error) {
      const isLast = index === addresses.length - 1
      // IPv6 may be switched off.
      if (isAbsent(error) && (!isLast || listeners.length > 0)) continue
      stopAccepting()
      throw error
    }
    if (maxConnections !== undefined) limitConnections(listener, maxConnections)
    listeners.push(listener)
    opened = (listener.address() as AddressInfo).port
  }

  return {
    port: opened,
    listeners: [...listeners],
    stopAccepting,
    async close() {
      stopAccepting()
      server.close()
      server.closeAllConnections()
      await Promise.all(closed)
    },
  }
}

/**
 * Closes connections that are too many. Not by `maxConnections` in a worker: one that is full passes a connection back, and
 * when all are full it goes round between them and takes a core.
 */
function limitConnections(listener: NetServer, maxConnections: number): void {
  if (!cluster.isWorker) {
    listener.maxConnections = maxConnections
    return
  }
  let open = 0
  listener.prependListener('connection', (socket: Socket) => {
    open += 1
    socket.once('close', () => {
      open -= 1
    })
    if (open <= maxConnections) return
    socket.destroy()
    listener.emit('drop')
  })
}

/** Passes its connections on to `server`. */
function createExtraListener(server: Server): NetServer {
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

/** Explains an error of the system to the operator; returns any other error as it is. */
export function listenError(error: unknown, { port, host, variables }: ListenOptions): unknown {
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
        `${variables.host} is ${JSON.stringify(host)}, which is not an address of this machine`,
      )
    default:
      return error
  }
}
