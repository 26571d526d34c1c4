/** Clients without a link, and the requests that they send. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { inSeconds } from './tracks'

export const FORGED = `/stream/track1?expires=${inSeconds(600)}&sig=${'0'.repeat(64)}`

export function line(method: string, target: string, fields = ''): string {
  return `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`
}

export function page(number: number): string {
  return `/api/exchanges/00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

/** Sends, and closes the connection. */
export async function abandon(port: number, text: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text, () => socket.resetAndDestroy())
  await once(socket, 'close')
}

/** Sends, and reads nothing of the response. */
export async function hold(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.pause()
  socket.write(text)
  return socket
}

/** The peak memory of a process, in MiB. */
export function mostMemory(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024
}

/** What is requested, and the request itself. */
export const STRANGE_REQUESTS: readonly [what: string, request: string][] = [
  ['lists', line('GET', '/api/tracks')],
  ['signatures', line('GET', '/api/sign/track1')],
  ['the page', line('GET', '/')],
  ['its largest file', line('GET', '/vendor/wavesurfer.esm.js')],
  ['health', line('GET', '/readyz')],
  ['forged links', line('GET', FORGED)],
  ['queries that do not decode', line('GET', `/stream/track1?${'&%=%z'.repeat(3000)}`)],
  ['metrics', line('GET', '/metrics', `Authorization: Bearer ${'a'.repeat(8000)}\r\n`)],
]
