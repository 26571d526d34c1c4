import { Buffer } from 'node:buffer'
import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import {
  createSigner,
  createStreamRouter,
  rangeStream,
  requireSignedUrl,
  StreamError,
  validateId,
  type StreamRequest,
} from 'express-signed-stream'

const require = createRequire(import.meta.url)
const [dir = '', id = ''] = process.argv.slice(2)
const secret = '0123456789abcdef0123456789abcdef'

const router = createStreamRouter({ dir, secret })
const middlewares = [validateId(), requireSignedUrl({ secret }), rangeStream({ dir })]

const server = createServer((req: StreamRequest, res) => {
  if (req.url?.startsWith('/x/') !== true) {
    router(req, res)
    return
  }
  function proceed(index: number, error?: unknown): void {
    if (error instanceof StreamError) {
      res.writeHead(error.status, error.headers).end(JSON.stringify({ code: error.code }))
    } else if (req.headers.accept === 'application/json' && req.grant !== undefined) {
      res.end(JSON.stringify(req.grant))
    } else {
      middlewares[index]?.(req, res, failure => proceed(index + 1, failure))
    }
  }
  proceed(0)
})

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { headers: { Range: 'bytes=1000-1999' } })
  const body = Buffer.from(await answer.arrayBuffer()).toString('base64')
  return { status: answer.status, contentRange: answer.headers.get('Content-Range'), body }
}

server.listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const { expires, sig } = createSigner({ secret }).sign(id, { expiresIn: 60 })
const query = `?expires=${expires}&sig=${sig}`

const result = {
  routed: await ask(createSigner({ secret, baseUrl: origin }).signUrl(id, { expiresIn: 60 })),
  composed: await ask(`${origin}/x/${id}${query}`),
  grant: await (await fetch(`${origin}/x/${id}${query}`, { headers: { Accept: 'application/json' } })).json(),
  refusal: await (await fetch(`${origin}/x/${id}`)).json(),
  isSameClass: require('express-signed-stream').StreamError === StreamError,
  express: existsSync('node_modules/express') ? 'installed' : 'absent',
}
server.closeAllConnections()
server.close()
console.log(JSON.stringify({ ...result, expires }))
