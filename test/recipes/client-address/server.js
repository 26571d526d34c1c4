import { createServer } from 'node:http'
import express from 'express'
import { createSigner, createStreamHandler, streamErrorHandler, validateId } from 'express-signed-stream'
import proxyAddr from 'proxy-addr'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const stream = createStreamHandler({ path: '/stream', dir: 'audio', secret, maxStreamsPerClient: 8 })
const signer = createSigner({ secret, baseUrl: '/stream' })

// The proxies whose X-Forwarded-For is believed: the same for both.
const trust = proxyAddr.compile(['loopback', '10.0.0.0/8'])

const app = express().set('trust proxy', trust)
app.get('/', (req, res) => res.send(`Hello, ${req.ip}`))
app.get('/play/:id', validateId(), (req, res) => {
  // Your own check comes first: may this user hear this track?
  res.json({ url: signer.signUrl(req.params.id, { expiresIn: 3600 }) })
})
app.use(streamErrorHandler())

createServer((req, res) => {
  req.ip = proxyAddr(req, trust)
  stream(req, res, () => app(req, res))
}).listen(process.env.PORT ?? 8082)
