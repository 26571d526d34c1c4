import { createSigner, createStreamHandler, isTrackId } from 'express-signed-stream'
import polka from 'polka'
import proxyAddr from 'proxy-addr'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const trust = proxyAddr.compile('loopback') // the proxy on this machine
const signer = createSigner({ secret, baseUrl: '/stream' })

function sendJson(res, status, value) {
  res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
}

polka()
  .use((req, _res, next) => {
    req.ip = proxyAddr(req, trust)
    next()
  })
  .use(createStreamHandler({ path: '/stream', dir: 'audio', secret }))
  .get('/', (_req, res) => res.end('Hello'))
  .get('/play/:id', (req, res) => {
    // Your own check comes first: may this user hear this track?
    const { id } = req.params
    if (!isTrackId(id)) sendJson(res, 400, { error: 'Not an id' })
    else sendJson(res, 200, { url: signer.signUrl(id, { expiresIn: 3600 }) })
  })
  .listen(process.env.PORT ?? 8082)
