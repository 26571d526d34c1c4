/** The hosts that the package is run in, by the modules of the `hosts` project. */

export interface Host {
  readonly module: string
  readonly host: string
  /** How its client speaks; undefined if it comes over no socket. */
  readonly transport?: 'HTTP/1.1' | 'HTTP/2'
  /** Whether its client sees that a response is destroyed. */
  readonly isDestroyable: boolean
}

function list(module: string, transport: Host['transport'], ...hosts: readonly string[]): readonly Host[] {
  return hosts.map(host => ({ module, host, isDestroyable: true, ...(transport && { transport }) }))
}

/** Hosts that offer no way to say that a response is incomplete: it just never ends. */
function listSilent(module: string, ...hosts: readonly string[]): readonly Host[] {
  return hosts.map(host => ({ module, host, isDestroyable: false }))
}

const H1 = 'HTTP/1.1'
const H2 = 'HTTP/2'

export const HOSTS: readonly Host[] = [
  ...list('node', H1, 'node:http', 'node:https'),
  ...list('node', H2, 'http2 without TLS', 'http2 over TLS'),
  ...list('node', H1, 'http2 over TLS, which a client of HTTP/1.1 uses'),
  ...list('frameworks', H1, 'Express 5', 'Express 4', 'Express 5 without X-Powered-By'),
  ...list('frameworks', H1, 'Fastify by hijack', 'Fastify by middie', 'Koa', 'in front of Hono'),
  ...list('frameworks', H2, 'Fastify by hijack over HTTP/2', 'in front of Hono over HTTP/2'),
  ...list('restify', H1, 'Restify by server.pre', 'Restify by routes'),
  ...list('restify', H1, 'node:http in a process that has loaded Restify'),
  ...list('injected', undefined, 'light-my-request', 'light-my-request as a stream'),
  ...list('injected', undefined, 'light-my-request into Express'),
  ...list('injected', undefined, 'fastify.inject by hijack', 'fastify.inject by middie'),
  ...list('adapters', undefined, 'serverless-http', 'serverless-http, payload 2.0'),
  ...list('adapters', undefined, 'serverless-http, Express 5'),
  ...list('adapters', undefined, 'serverless-http, Express 5 without X-Powered-By'),
  ...list('adapters', undefined, '@codegenie/serverless-express, Express 5'),
  ...list('adapters', undefined, '@codegenie/serverless-express, Express 5, payload 2.0'),
  ...list('adapters', undefined, '@codegenie/serverless-express, Express 5 without X-Powered-By'),
  ...list('adapters', undefined, '@vendia/serverless-express, Express 5'),
  ...list('adapters', undefined, '@vendia/serverless-express, Express 5 without X-Powered-By'),
  ...list('wrapped', H1, 'writeHead returns nothing', 'write returns nothing', 'end returns nothing'),
  ...list('wrapped', H1, 'write always reports a full buffer', 'write and end are recorded'),
  ...list('hand-made', undefined, 'a stream for a socket', 'a stream for a response'),
  ...listSilent('hand-made', 'no socket', 'an empty object for a socket', 'an object for a socket'),
  ...listSilent('hand-made', 'an object for a socket, write returns nothing'),
  ...listSilent('hand-made', 'an event emitter for a response', 'node-mocks-http'),
]
