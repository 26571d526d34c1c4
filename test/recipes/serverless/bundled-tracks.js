import express from 'express'
import { createSigner, createStreamRouter, streamErrorHandler, validateId } from 'express-signed-stream'
import serverless from 'serverless-http'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const signer = createSigner({ secret, baseUrl: '/stream' })

const app = express()
app.use('/stream', createStreamRouter({ dir: 'audio', secret }))
app.get('/', (_req, res) => res.send('Hello'))
app.get('/play/:id', validateId(), (req, res) => {
  // Your own check comes first: may this user hear this track?
  res.json({ url: signer.signUrl(req.params.id, { expiresIn: 3600 }) })
})
app.use(streamErrorHandler())

// Other bodies pass through Lambda as text, which would change the bytes of a track.
export const handler = serverless(app, { binary: ['audio/*', 'multipart/byteranges*'] })
