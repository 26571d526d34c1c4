import { createSigner, createStreamHandler, isTrackId } from 'express-signed-stream'
import { fromNodeHandler, H3, HTTPError, serve } from 'h3'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const signer = createSigner({ secret, baseUrl: '/stream' })

const app = new H3()
app.all('/stream/:id', fromNodeHandler(createStreamHandler({ path: '/stream', dir: 'audio', secret })))
app.get('/', () => 'Hello')
app.get('/play/:id', event => {
  // Your own check comes first: may this user hear this track?
  const id = decodeURIComponent(event.context.params.id)
  if (!isTrackId(id)) throw new HTTPError('Not an id', { status: 400 })
  return { url: signer.signUrl(id, { expiresIn: 3600 }) }
})

serve(app, { port: process.env.PORT ?? 8082 })
