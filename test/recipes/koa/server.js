import { createSigner, createStreamHandler, isTrackId } from 'express-signed-stream'
import Koa from 'koa'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const stream = createStreamHandler({ path: '/stream', dir: 'audio', secret })
const signer = createSigner({ secret, baseUrl: '/stream' })

const app = new Koa({ proxy: true, maxIpsCount: 1 }) // one proxy in front; leave both out without one

app.use((ctx, next) => {
  if (!ctx.path.startsWith('/stream/')) return next()
  ctx.respond = false
  ctx.req.ip = ctx.ip
  // Middlewares before this one, such as loggers, continue when the response has ended.
  return new Promise(resolve => {
    ctx.res.once('close', resolve)
    stream(ctx.req, ctx.res)
  })
})

app.use((ctx, next) => {
  const [, id] = /^\/play\/([^/]+)$/.exec(decodeURI(ctx.path)) ?? []
  if (id === undefined) return next()
  // Your own check comes first: may this user hear this track?
  ctx.assert(isTrackId(id), 400)
  ctx.body = { url: signer.signUrl(id, { expiresIn: 3600 }) }
})

app.use((ctx, next) => {
  if (ctx.path !== '/') return next()
  ctx.body = 'Hello'
})

// A client that disconnects is no error of the app.
app.on('error', error => {
  if (!['ECONNRESET', 'EPIPE'].includes(error.code)) app.onerror(error)
})

app.listen(process.env.PORT ?? 8082)
