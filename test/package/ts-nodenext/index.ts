import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler } from 'express'
import {
  createSigner,
  createStreamRouter,
  rangeStream,
  requireSignedUrl,
  StreamError,
  validateId,
  type Grant,
  type StreamErrorCode,
  type StreamRouterOptions,
} from 'express-signed-stream'
import * as everything from 'express-signed-stream'

const require = createRequire(import.meta.url)
const [dir = '', id = ''] = process.argv.slice(2)
const secret = '0123456789abcdef0123456789abcdef'
const options: StreamRouterOptions = { dir, secret: process.env['SECRET_KEY'] ?? secret }

const app = express()
app.use('/stream', createStreamRouter(options))
app.use('/short', createStreamRouter(dir, secret, { maxTtl: 3600 }))
app.get('/x/:id', validateId(), requireSignedUrl({ secret }), rangeStream({ dir }))
app.get('/grant/:id', requireSignedUrl({ secret }), (req, res) => {
  const grant: Grant | undefined = req.grant
  res.json(grant)
})

const showRefusal: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (!(error instanceof StreamError)) return next(error)
  const code: StreamErrorCode = error.code
  res.status(error.status).set(error.headers).json({ code })
}
app.use(showRefusal)

export function mistakes(): void {
  // @ts-expect-error an option that does not exist
  createStreamRouter({ dir, secret, directory: dir })
  // @ts-expect-error both of expiresIn and expiresAt
  createSigner({ secret }).sign(id, { expiresIn: 60, expiresAt: 1 })
  // @ts-expect-error an extension that is not served
  rangeStream({ dir, extensions: ['exe'] })
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { headers: { Range: 'bytes=1000-1999' } })
  const body = Buffer.from(await answer.arrayBuffer()).toString('base64')
  return { status: answer.status, contentRange: answer.headers.get('Content-Range'), body }
}

const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const { expires, sig } = createSigner({ secret }).sign(id, { expiresIn: 60 })
const query = `?expires=${expires}&sig=${sig}`

const result = {
  routed: await ask(createSigner({ secret, baseUrl: `${origin}/stream` }).signUrl(id, { expiresIn: 60 })),
  composed: await ask(`${origin}/x/${id}${query}`),
  grant: await (await fetch(`${origin}/grant/${id}${query}`)).json(),
  refusal: await (await fetch(`${origin}/x/${id}`)).json(),
  isSameClass:
    everything.StreamError === StreamError && require('express-signed-stream').StreamError === StreamError,
  express: require('express/package.json').version,
}
server.closeAllConnections()
server.close()
console.log(JSON.stringify({ ...result, expires }))
