/**
 * Lets the page act as several devices, so that one can watch on one machine what a link allows to each: with `device=2` in
 * its query, a request from this machine counts as one from 192.0.2.2. Not for a proxy on this machine, whose clients have
 * addresses of their own.
 */
import type { IncomingMessage } from 'node:http'

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/
const DEVICE = /[?&]device=([2-9])(?:&|$)/

/** Addresses for documentation (RFC 5737), which no listener has. */
const NETWORK = '192.0.2'

/** Whether the client of `req` may act as several devices. */
export function canPretendDevices({ headers, socket }: IncomingMessage): boolean {
  return headers['x-forwarded-for'] === undefined && LOOPBACK.test(socket.remoteAddress ?? '')
}

export function pretendDevice(req: IncomingMessage): void {
  const [, device] = DEVICE.exec(req.url ?? '') ?? []
  if (device === undefined || !canPretendDevices(req)) return
  // An app of Express that mounts this one has only a getter of it.
  Object.defineProperty(req, 'ip', { value: `${NETWORK}.${device}`, configurable: true, writable: true })
}
