/** Sends requests to the origin over connections that stay open. */
import {
  Agent as HttpAgent,
  request as requestHttp,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { RequestHeaders } from './http-options'

/** Milliseconds for the TCP and TLS handshakes: the time limit of a first byte is no help if an address never responds. */
const CONNECT_TIMEOUT = 1000

/** The response, when its head is there; rejects with the reason of `signal` when it aborts before. */
export type SendRequest = (
  method: 'GET' | 'HEAD',
  url: URL,
  headers: RequestHeaders,
  signal: AbortSignal,
) => Promise<IncomingMessage>

/** @param agent of the app; an own one for each protocol if undefined */
export function createSender(agent: HttpAgent | undefined): SendRequest {
  const plain = agent ?? new HttpAgent({ keepAlive: true })
  const secure = agent ?? new HttpsAgent({ keepAlive: true })

  return function sendRequest(method, url, headers, signal) {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const request =
        url.protocol === 'https:'
          ? requestHttps(url, { method, headers, agent: secure })
          : requestHttp(url, { method, headers, agent: plain })
      function abort(): void {
        request.destroy(signal.reason as Error)
        // A request that waits for a connection of the agent emits nothing when it is destroyed.
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', abort, { once: true })
      request.once('close', () => {
        signal.removeEventListener('abort', abort)
        // After an upgrade that was not requested, there is neither a response nor an error.
        reject(new Error('The origin closed the connection without a response'))
      })
      request.once('response', resolve)
      // For all of its life: an error without a listener ends the process.
      request.on('error', reject)
      request.once('socket', socket => {
        limitConnect(request, socket)
      })
      request.end()
    })
  }
}

function limitConnect(request: ClientRequest, socket: Socket): void {
  if (!socket.connecting) return
  const timer = setTimeout(() => {
    request.destroy(new Error(`Cannot connect to the origin within ${CONNECT_TIMEOUT} ms`))
  }, CONNECT_TIMEOUT)
  function stop(): void {
    clearTimeout(timer)
  }
  socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', stop)
  request.once('close', stop)
}
