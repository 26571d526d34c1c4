/** One of several nodes behind a balancer. They share links by Redis, and each ends without breaking a stream. */
import express from 'express'
import {
  createLinks,
  createStreamRouter,
  isTrackId,
  streamErrorHandler,
  validateId,
} from 'express-signed-stream'
import { redisState } from 'express-signed-stream/redis'
import { createClient } from 'redis'

const { SECRET_KEY = '', SECRET_KEY_PREVIOUS, REDIS_URL, PORT = 8080 } = process.env

const redis = createClient({ url: REDIS_URL ?? 'redis://127.0.0.1', disableOfflineQueue: true })
redis.on('error', () => undefined) // it connects again by itself
void redis.connect()

const links = createLinks({
  // The first signs, both verify.
  secret: SECRET_KEY_PREVIOUS === undefined ? SECRET_KEY : [SECRET_KEY, SECRET_KEY_PREVIOUS],
  baseUrl: '/stream',
  maxTtl: 86_400,
  onLimit: 'endOldest',
  state: redisState({ send: (...args) => redis.sendCommand(args) }),
})
const stream = createStreamRouter({ dir: 'audio', links })

const app = express().set('trust proxy', 'loopback')
app.use('/stream', stream)

app.get('/play/:id', validateId(), (req, res) => {
  // Your login. Here the balancer sets this field, to an id such as u42: an address with @ is no listener.
  const listener = req.get('X-Forwarded-User')
  if (listener === undefined) return void res.sendStatus(401)
  const options = { expiresIn: '5m', playFor: '4h', streams: 1, listener } as const
  const { url, expires, playUntil } = links.createLink(req.params.id, options)
  res.json({ url, expires, playUntil })
})

// Behind the login of your staff.
app.post('/listeners/:listener/revoke', async (req, res) => {
  const { listener } = req.params
  // No link can name another listener.
  if (!isTrackId(listener) || Array.from(listener).length > 64) {
    return void res.status(400).send('A listener has 1 to 64 letters, digits, "_" or "-"')
  }
  await links.revoke({ listener })
  res.sendStatus(204)
})

app.use(streamErrorHandler())
const server = app.listen(PORT)

process.once('SIGTERM', () => {
  server.close()
  void stream.drain({ timeout: 25_000 }).then(() => {
    links.close()
    redis.destroy()
    server.closeAllConnections()
  })
})
