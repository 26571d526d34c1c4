import express from 'express'
import { createSigner, createStreamRouter, streamErrorHandler, validateId } from 'express-signed-stream'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const signer = createSigner({ secret, baseUrl: '/stream' })

export const app = express().set('trust proxy', 'loopback')
app.use('/stream', createStreamRouter({ dir: 'audio', secret }))
app.get('/', (_req, res) => res.send('Hello'))
app.get('/play/:id', validateId(), (req, res) => {
  // Your own check comes first: may this user hear this track?
  res.json({ url: signer.signUrl(req.params.id, { expiresIn: 3600 }) })
})
app.use(streamErrorHandler())
