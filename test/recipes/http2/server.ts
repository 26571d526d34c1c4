import http, { type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import http2, { type Http2SecureServer, type SecureServerOptions } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import type { StreamHandler } from 'express-signed-stream'

/** Fields that belong to one connection, which HTTP/2 does not have (RFC 9113, section 8.2.2). */
const OF_CONNECTION = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']

/** Serves tracks over HTTP/2, and everything else by `app`, an Express app, through a port of loopback. */
export function createHttp2Server(
  tls: SecureServerOptions,
  stream: StreamHandler,
  app: RequestListener,
): Http2SecureServer {
  const backend = http.createServer(app).listen(0, '127.0.0.1')
  const agent = new http.Agent({ keepAlive: true })
  const server = http2.createSecureServer(
    {
      // For clients that do not offer HTTP/2 by ALPN.
      allowHTTP1: true,
      settings: { maxConcurrentStreams: 200 },
      maxSessionMemory: 1_000_000,
      ...tls,
    },
    (req, res) => {
      const [request, response] = [req, res] as unknown as [IncomingMessage, ServerResponse]
      stream(request, response, () => {
        if (req.httpVersionMajor === 1) app(request, response)
        else forward(request, response, backend, agent)
      })
    },
  )
  server.once('close', () => {
    backend.close()
    agent.destroy()
  })
  return server
}

/** Express changes the prototypes of both objects, which breaks those of HTTP/2: so it gets a request of its own. */
function forward(req: IncomingMessage, res: ServerResponse, backend: Server, agent: http.Agent): void {
  const { ':authority': authority, ...fields } = req.headers
  const headers: http.OutgoingHttpHeaders = {
    ...Object.fromEntries(Object.entries(fields).filter(([name]) => !name.startsWith(':'))),
    host: typeof authority === 'string' ? authority : fields.host,
    // Express uses them after app.set('trust proxy', 'loopback').
    'x-forwarded-for': req.socket.remoteAddress,
    'x-forwarded-proto': 'https',
  }
  const { port } = backend.address() as AddressInfo
  const { method, url: path } = req
  const forwarded = http.request({ port, agent, method, path, headers }, answer => {
    const kept = Object.entries(answer.headers).filter(([name]) => !OF_CONNECTION.includes(name))
    res.writeHead(answer.statusCode ?? 502, Object.fromEntries(kept))
    pipeline(answer, res, () => undefined)
  })
  forwarded.on('error', () => {
    if (!res.headersSent) res.writeHead(502)
    res.end()
  })
  res.once('close', () => forwarded.destroy())
  pipeline(req, forwarded, () => undefined)
}
