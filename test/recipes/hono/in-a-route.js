import { serve } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { createStreamHandler } from 'express-signed-stream'
import { Hono } from 'hono'

const stream = createStreamHandler({ path: '/stream', dir: 'audio', secret: process.env.SECRET_KEY })

const app = new Hono()
app.all('/stream/:id', c => {
  stream(c.env.incoming, c.env.outgoing)
  return RESPONSE_ALREADY_SENT
})

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 8082) })
