import middie from '@fastify/middie'
import { createStreamHandler } from 'express-signed-stream'
import Fastify from 'fastify'

const stream = createStreamHandler({ path: '/stream', dir: 'audio', secret: process.env.SECRET_KEY })

const app = Fastify({ trustProxy: 'loopback' })
await app.register(middie)
app.use(stream)

await app.listen({ port: Number(process.env.PORT ?? 8082) })
