/** The address of a client, and the key under which its requests are counted. */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { ipKeyGenerator } from 'express-rate-limit'
import proxyAddr from 'proxy-addr'

/** Reads the address of the client; undefined if its connection is closed. */
export type AddressReader = (req: IncomingMessage) => string | undefined

/** Whether to trust the proxy at an address; the number counts the proxies between it and this server. */
export type TrustProxy = ReturnType<typeof proxyAddr.compile>

const MAPPED_IPV4 = /^::ffff:(?=[0-9]+\.)/i

/** The proxies of Azure add the port. */
const ADDRESS_AND_PORT = /^(?:\[([^\]]+)\]|([0-9.]+))(?::[0-9]+)?$/

/** Providers give each subscriber at least a /64, so all of its addresses count as one client. */
const IPV6_SUBNET = 64

/** @param trustProxy undefined to ignore X-Forwarded-For */
export function createAddressReader(trustProxy: TrustProxy | undefined): AddressReader {
  if (trustProxy === undefined) return ({ socket }) => withoutMapping(socket.remoteAddress)

  return function readAddress(req) {
    const forwarded = proxyAddr(req, trustProxy)
    const [, bracketed, dotted] = ADDRESS_AND_PORT.exec(forwarded) ?? []
    const address = bracketed ?? dotted ?? forwarded
    return withoutMapping(isIP(address) === 0 ? req.socket.remoteAddress : address)
  }
}

/** `203.0.113.7` for `::ffff:203.0.113.7`. */
function withoutMapping(address: string | undefined): string | undefined {
  return address?.replace(MAPPED_IPV4, '')
}

export function clientKey(address: string | undefined): string {
  return address === undefined ? 'unknown' : ipKeyGenerator(address, IPV6_SUBNET)
}
