/** Real servers on loopback, and the three hosts that a handler is mounted in. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import compression from 'compression'
import express5, { type RequestHandler } from 'express'
import express4 from 'express4'
import helmet from 'helmet'

export interface RunningServer extends AsyncDisposable {
  readonly port: number
  readonly origin: string
  readonly server: Server
  close(): Promise<void>
}

export async function listen(handler: RequestListener): Promise<RunningServer> {
  const server = createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  async function close(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { port, origin: `http://127.0.0.1:${port}`, server, close, [Symbol.asyncDispose]: close }
}

export function connectionsOf({ server }: RunningServer): Promise<number> {
  return promisify(server.getConnections.bind(server))()
}

/** An app as people have it: helmet with its defaults, compression of everything, a query parser of their own. */
function expressApp(express: typeof express5, handler: RequestHandler): RequestListener {
  const app = express()
  app.set('query parser', () => ({ expires: '99999999999', sig: 'of the app' }))
  app.use(helmet())
  app.use(compression({ threshold: 0, filter: () => true }))
  app.use('/stream', handler)
  return app
}

function plainServer(handler: (...args: Parameters<RequestListener>) => void): RequestListener {
  return (req, res) => {
    req.url = req.url?.replace(/^((?:https?:\/\/[^/]*)?)\/stream/, '$1')
    handler(req, res)
  }
}

/** The name of each host, and how it mounts a handler at `/stream`. */
export const HOSTS: readonly [
  string,
  (handler: (...args: Parameters<RequestListener>) => void) => RequestListener,
][] = [
  ['Express 5', handler => expressApp(express5, handler)],
  ['Express 4', handler => expressApp(express4, handler)],
  ['node:http', plainServer],
]
