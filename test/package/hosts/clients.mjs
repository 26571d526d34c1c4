/** Clients for hosts that listen on a port. */
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { buffer } from 'node:stream/consumers'

/**
 * Lets `server` listen on loopback.
 *
 * @param protocol `http`, `https`, `h2c` or `h2`, as the client shall speak
 * @returns the exchanges of a host
 */
export async function listen(server, protocol = 'http', port) {
  if (port === undefined) {
    server.listen(0, '127.0.0.1')
    if (!server.listening) await once(server, 'listening')
    port = server.address().port
  }
  const client =
    protocol === 'http' || protocol === 'https' ? overHttp1(protocol, port) : overHttp2(protocol, port)
  return {
    port,
    request: client.request,
    disconnect: client.close,
    async close() {
      client.close()
      server.closeAllConnections?.()
      server.close()
      await once(server, 'close')
    },
  }
}

function overHttp1(protocol, port) {
  const module = protocol === 'http' ? http : https
  const agent = new module.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  return {
    async request({ method, path, headers }, { signal, pause }) {
      const request = module.request({ host: '127.0.0.1', port, agent, signal, method, path, headers }).end()
      const [response] = await once(request, 'response')
      await pause
      return { status: response.statusCode, headers: response.headers, body: await buffer(response) }
    },
    close: () => agent.destroy(),
  }
}

function overHttp2(protocol, port) {
  const scheme = protocol === 'h2' ? 'https' : 'http'
  const session = http2.connect(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false })
  return {
    async request({ method, path, headers }, { signal, pause }) {
      const stream = session.request({ ':method': method, ':path': path, ...headers }, { signal })
      // Before the head has come too, and while nobody reads.
      const failed = once(stream, 'error').then(([error]) => Promise.reject(error))
      const [head] = await Promise.race([once(stream, 'response'), failed])
      await Promise.race([pause, failed])
      const body = await Promise.race([buffer(stream), failed])
      const { ':status': status, ...fields } = head
      return { status, headers: fields, body }
    },
    close: () => session.destroy(),
  }
}
