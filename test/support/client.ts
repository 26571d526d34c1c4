/** Clients that send what they are told and show what came back. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { request, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { connect, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Question {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
}

/** @returns the whole answer; rejects where the connection ends before it is complete */
export async function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: Question = {},
): Promise<Answer> {
  const req = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end()
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of res) chunks.push(chunk as Buffer)
  return { status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }
}

/** Sends `request` on a socket of its own, whose reading the test decides on. */
export function connectTo(port: number, request: string): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(request)
  return socket
}

/** Asks, and leaves as soon as `server` has the request; resolves when the server knows of it. */
export async function askAndLeave(server: Server, port: number, request: string): Promise<void> {
  const asked = once(server, 'request')
  const socket = connectTo(port, request)
  const [, res] = (await asked) as [unknown, NodeJS.EventEmitter]
  const closed = once(res, 'close')
  socket.destroy()
  await closed
}

/** Sends `data` as it is and returns all that comes until the server closes. */
export async function askRaw(port: number, data: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(data)
  return text(socket)
}

/** The lines of a raw GET that asks the server to close. */
export function rawGet(target: string, ...fields: string[]): string {
  return [`GET ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...fields, '', ''].join('\r\n')
}
