/** Who asks: the address of the client, and the key under which its requests are counted. */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import express from 'express'
import { ipKeyGenerator } from 'express-rate-limit'
import type { TrustProxy } from '../settings/variable-kinds'

/** Reads the address of the client; undefined where its connection is gone. */
export type AddressReader = (req: IncomingMessage) => string | undefined

const MAPPED_IPV4 = /^::ffff:(?=[0-9]+\.)/i

/** Azure's proxies write the port, too. */
const ADDRESS_AND_PORT = /^(?:\[([^\]]+)\]|([0-9.]+))(?::[0-9]+)?$/

/** A provider gives a subscriber a /64 at least, so that one client has all addresses of it. */
const IPV6_SUBNET = 64

export function createAddressReader(trustProxy: TrustProxy | undefined): AddressReader {
  if (trustProxy === undefined) return req => plain(req.socket.remoteAddress)
  const app = express()
  app.set('trust proxy', trustProxy)

  return function readAddress({ headers, socket }) {
    // In front of Express, a request is not one of Express's yet: its getter needs no more than this.
    const said: unknown = Reflect.get(app.request, 'ip', { app, headers, socket, connection: socket })
    const [, bracketed, dotted] = ADDRESS_AND_PORT.exec(String(said)) ?? []
    const address = bracketed ?? dotted ?? String(said)
    return plain(isIP(address) === 0 ? socket.remoteAddress : address)
  }
}

function plain(address: string | undefined): string | undefined {
  return address?.replace(MAPPED_IPV4, '')
}

export function clientKey(address: string | undefined): string {
  return address === undefined ? 'unknown' : ipKeyGenerator(address, IPV6_SUBNET)
}
