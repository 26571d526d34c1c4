/** The HTTP clients of the tests: they send what they are given, and return what came back. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { request, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A request, and which connection it takes: one of its own, unless it has an `agent`. */
export type Question = Readonly<Pick<RequestOptions, 'method' | 'headers' | 'agent' | 'localAddress'>>

/** The whole response; rejects if the connection closes before it is complete. */
export async function ask(port: number, path: string, question: Question = {}): Promise<Answer> {
  const req = request({ host: '127.0.0.1', port, path, agent: false, ...question }).end()
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of res) chunks.push(chunk as Buffer)
  return { status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }
}

/** Sends `data` on a socket of its own, which the test reads, pauses or destroys; a reset of it is no fault. */
export function connectTo(port: number, data: string): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(data)
  return socket
}

/** Sends `data`, and disconnects as soon as `server` has the request; resolves when the server has noticed. */
export async function askAndLeave(server: Server, port: number, data: string): Promise<void> {
  const requested = once(server, 'request')
  const socket = connectTo(port, data)
  const [, res] = (await requested) as [unknown, NodeJS.EventEmitter]
  const closed = once(res, 'close')
  socket.destroy()
  await closed
}

/** Sends `data` as it is, and returns all that comes until the server closes the connection. */
export async function askRaw(port: number, data: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(data)
  return text(socket)
}

/** The lines of a GET that asks the server to close the connection. */
export function rawGet(target: string, ...fields: string[]): string {
  return [`GET ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...fields, '', ''].join('\r\n')
}

/** The statuses of all responses in what `askRaw` or a socket received. */
export function statusesIn(received: string): number[] {
  return Array.from(received.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status))
}
