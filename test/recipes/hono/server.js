import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createSigner, createStreamHandler, isTrackId } from 'express-signed-stream'
import { Hono } from 'hono'
import proxyAddr from 'proxy-addr'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const stream = createStreamHandler({ path: '/stream', dir: 'audio', secret })
const signer = createSigner({ secret, baseUrl: '/stream' })

const app = new Hono()
app.get('/', c => c.text('Hello'))
app.get('/play/:id', c => {
  // Your own check comes first: may this user hear this track?
  const id = c.req.param('id')
  if (!isTrackId(id)) return c.json({ error: 'Not an id' }, 400)
  return c.json({ url: signer.signUrl(id, { expiresIn: 3600 }) })
})

const listener = getRequestListener(app.fetch)
const trust = proxyAddr.compile('loopback') // the proxy on this machine

createServer((req, res) => {
  req.ip = proxyAddr(req, trust)
  stream(req, res, () => listener(req, res))
}).listen(process.env.PORT ?? 8082)
