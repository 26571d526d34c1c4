/**
 * One of the servers of Node in a process of its own: `serve.js NAME DIR SECRET SPEECH [KEY CERT]`. NAME is one of
 * `servers.ts`, or the path of a module that makes a listener; SPEECH is http, https or h2. Sends its port to its parent.
 */
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { SERVERS, type MakeListener } from './servers'

const CIPHER = 'TLS_AES_128_GCM_SHA256'

async function main(): Promise<void> {
  const [, , name = '', dir = '', secret = '', speech = 'http', key = '', cert = ''] = process.argv
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the peers are packages of a project of their own
  const make = SERVERS[name] ?? (require(name) as MakeListener)
  const listener = await make(dir, secret)
  const server = createFor(speech, listener, { key, cert, isFloor: name === 'floor' })
  server.listen(0, '127.0.0.1', 65_535, () => process.send?.((server.address() as AddressInfo).port))
}

interface Encryption {
  /** Paths. */
  readonly key: string
  readonly cert: string
  readonly isFloor: boolean
}

function createFor(speech: string, listener: RequestListener, { key, cert, isFloor }: Encryption): Server {
  if (speech === 'http') return withLongLife(createServer(listener))
  const tls = { key: readFileSync(key), cert: readFileSync(cert), ciphers: CIPHER }
  if (speech === 'https') return withLongLife(createTlsServer(tls, listener))
  // A floor hands over whole tracks, so with the 10 MB of the default the third stream would be refused.
  const memory = isFloor ? { maxSessionMemory: 1000 } : {}
  // Its compatible objects are what Express apps get.
  return createSecureServer({ ...tls, ...memory, allowHTTP1: true }, listener as never) as unknown as Server
}

/** Idle connections of a crowd must stay. */
function withLongLife(server: Server): Server {
  server.keepAliveTimeout = 3_600_000
  return server
}

process.on('disconnect', () => {
  process.exit()
})
// For a profile, which is written only at an orderly end.
process.on('SIGTERM', () => {
  process.exit()
})
void main()
