import { createSigner, createStreamHandler, isTrackId } from 'express-signed-stream'
import Fastify from 'fastify'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const stream = createStreamHandler({ path: '/stream', dir: 'audio', secret })
const signer = createSigner({ secret, baseUrl: '/stream' })

export const app = Fastify({ trustProxy: 'loopback' }) // the proxy on this machine; false without one

// Hooks of the app run for streams too.
app.addHook('onRequest', async (request, reply) => {
  reply.header('X-Request-Id', request.id)
})

app.all('/stream/:id', { exposeHeadRoute: false }, (request, reply) => {
  reply.hijack()
  // Fields that hooks have set, and the address of the client by `trustProxy`.
  reply.raw.setHeaders(new Map(Object.entries(reply.getHeaders())))
  request.raw.ip = request.ip
  stream(request.raw, reply.raw)
})

app.get('/play/:id', async (request, reply) => {
  // Your own check comes first: may this user hear this track?
  const { id } = request.params
  if (!isTrackId(id)) return reply.code(400).send({ error: 'Not an id' })
  return { url: signer.signUrl(id, { expiresIn: 3600 }) }
})

app.get('/', async () => 'Hello')
