import connect from 'connect'
import { createSigner, createStreamRouter, isTrackId } from 'express-signed-stream'
import proxyAddr from 'proxy-addr'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const trust = proxyAddr.compile('loopback') // the proxy on this machine
const signer = createSigner({ secret, baseUrl: '/stream' })

const app = connect()
app.use((req, _res, next) => {
  req.ip = proxyAddr(req, trust)
  next()
})
app.use('/stream', createStreamRouter({ dir: 'audio', secret }))
app.use('/play', (req, res) => {
  // Your own check comes first: may this user hear this track?
  const id = decodeURIComponent(req.url.slice(1))
  const answer = isTrackId(id) ? { url: signer.signUrl(id, { expiresIn: 3600 }) } : { error: 'Not an id' }
  res.writeHead(isTrackId(id) ? 200 : 400, { 'Content-Type': 'application/json' })
  res.end(JSON.stringify(answer))
})
app.use((req, res, next) => (req.url === '/' ? res.end('Hello') : next()))

app.listen(process.env.PORT ?? 8082)
