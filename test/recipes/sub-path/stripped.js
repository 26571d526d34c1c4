import express from 'express'
import { createLinks, createStreamRouter } from 'express-signed-stream'

// As clients see it. The app itself knows nothing of /media.
const links = createLinks({
  secret: process.env.SECRET_KEY, // openssl rand -hex 32
  baseUrl: '/media/stream',
  sessions: { cookiePath: '/media/stream' },
})

const app = express().set('trust proxy', 'loopback')
app.use('/stream', createStreamRouter({ dir: 'audio', links }))
app.get('/play/track1', (_req, res) => {
  res.json({ url: links.createLink('track1', { expiresIn: '5m', playFor: '4h' }).url })
})
app.listen(process.env.PORT ?? 8082, '127.0.0.1')
