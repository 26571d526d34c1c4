import express from 'express'
import { createSigner, createStreamRouter, streamErrorHandler, validateId } from 'express-signed-stream'

const secret = process.env.SECRET_KEY // openssl rand -hex 32
const signer = createSigner({ secret, baseUrl: '/media/stream' })

const media = express.Router()
media.use('/stream', createStreamRouter({ dir: 'audio', secret }))
media.get('/', (_req, res) => res.send('Hello'))
media.get('/play/:id', validateId(), (req, res) => {
  // Your own check comes first: may this user hear this track?
  res.json({ url: signer.signUrl(req.params.id, { expiresIn: 3600 }) })
})

const app = express().set('trust proxy', 'loopback')
app.use('/media', media)
app.use(streamErrorHandler())
app.listen(process.env.PORT ?? 8082, '127.0.0.1')
