/** Our own servers and their floors, by name. The peers are in `peers/`. */
import type { RequestListener } from 'node:http'
import cors from 'cors'
import express, { type RequestHandler } from 'express'
import { createLinks, createStreamHandler, createStreamRouter, type Links } from 'express-signed-stream'
import helmet from 'helmet'
import { makeFloor } from './floor'

export type MakeListener = (dir: string, secret: string) => RequestListener | Promise<RequestListener>

/** Longer than any measurement, so that no listener who stands still is disconnected. */
const stallTimeout = 3_600_000

const REVOCATIONS = 100_000

/** What nginx shows to the server behind it. */
export const PROXY_TOKEN = 'the-token-of-the-proxy'

export const SERVERS: Readonly<Record<string, MakeListener>> = {
  bare: makeBare,
  floor: (dir, secret) => makeFloor(dir, '/stream/', secret, makeBare(dir, secret)),
  express: (dir, secret) => inExpress(createStreamRouter({ dir, secret, stallTimeout })),
  'floor-express': async (dir, secret) => inExpress(await makeFloor(dir, '/', secret, makeBare(dir, secret))),
  'x-accel': redirectToNginx,
  terms: (dir, secret) => withLinks(dir, createLinks({ secret, baseUrl: '/stream' })),
  revocations: async (dir, secret) => {
    const links = createLinks({ secret, baseUrl: '/stream' })
    for (let index = 0; index < REVOCATIONS; index++) await links.revoke({ linkId: `Zk3x9Q${index}` })
    return withLinks(dir, links)
  },
}

function makeBare(dir: string, secret: string): RequestListener {
  return createStreamHandler({ path: '/stream', dir, secret, stallTimeout })
}

function withLinks(dir: string, links: Links): RequestListener {
  return createStreamHandler({ path: '/stream', dir, links, stallTimeout })
}

/** nginx sends the file; its configuration has the location `/tracks/`, and sets the token. */
function redirectToNginx(dir: string, secret: string): RequestListener {
  const offload = { kind: 'x-accel-redirect', prefix: '/tracks/', proxyToken: PROXY_TOKEN } as const
  return createStreamHandler({ path: '/stream', dir, secret, stallTimeout, offload })
}

/** As the documents advise: the stream first, so that no other middleware sets fields before it. */
function inExpress(stream: RequestHandler): RequestListener {
  const app = express()
  app.disable('x-powered-by')
  app.use('/stream', stream)
  app.use(cors(), helmet({ crossOriginResourcePolicy: { policy: 'cross-origin' } }))
  return app
}
