import { createServer } from 'node:http'
import { createSigner, createStreamHandler, isTrackId } from 'express-signed-stream'
import {
  createApp,
  createError,
  createRouter,
  eventHandler,
  fromNodeMiddleware,
  getRouterParam,
  toNodeListener,
} from 'h3'
import proxyAddr from 'proxy-addr'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const stream = createStreamHandler({ path: '/stream', dir: 'audio', secret })
const trust = proxyAddr.compile('loopback') // the proxy on this machine
const signer = createSigner({ secret, baseUrl: '/stream' })

const app = createApp()
app.use(
  fromNodeMiddleware((req, res, next) => {
    req.ip = proxyAddr(req, trust)
    stream(req, res, next)
  }),
)

const router = createRouter()
router.get(
  '/',
  eventHandler(() => 'Hello'),
)
router.get(
  '/play/:id',
  eventHandler(event => {
    // Your own check comes first: may this user hear this track?
    const id = getRouterParam(event, 'id', { decode: true })
    if (!isTrackId(id)) throw createError({ statusCode: 400 })
    return { url: signer.signUrl(id, { expiresIn: 3600 }) }
  }),
)
app.use(router)

createServer(toNodeListener(app)).listen(process.env.PORT ?? 8082)
