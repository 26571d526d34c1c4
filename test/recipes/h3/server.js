import { createSigner, createStreamHandler, isTrackId } from 'express-signed-stream'
import { fromNodeHandler, H3, HTTPError, serve } from 'h3'
import proxyAddr from 'proxy-addr'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const stream = createStreamHandler({ path: '/stream', dir: 'audio', secret })
const trust = proxyAddr.compile('loopback') // the proxy on this machine
const signer = createSigner({ secret, baseUrl: '/stream' })

const app = new H3()
app.all(
  '/stream/:id',
  fromNodeHandler((req, res, next) => {
    req.ip = proxyAddr(req, trust)
    stream(req, res, next)
  }),
)
app.get('/', () => 'Hello')
app.get('/play/:id', event => {
  // Your own check comes first: may this user hear this track?
  const id = decodeURIComponent(event.context.params.id)
  if (!isTrackId(id)) throw new HTTPError('Not an id', { status: 400 })
  return { url: signer.signUrl(id, { expiresIn: 3600 }) }
})

serve(app, { port: process.env.PORT ?? 8082 })
