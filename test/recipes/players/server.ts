/** Serves the pages, the client module, and links of half a minute to everybody. */
import express from 'express'
import { createLinks, createStreamRouter, streamErrorHandler, validateId } from 'express-signed-stream'

const { SECRET_KEY: secret, PORT = 8080 } = process.env

const links = createLinks({ secret, baseUrl: '/stream' })
const app = express()
app.use('/stream', createStreamRouter({ dir: 'audio', links }))
app.use('/client', express.static('node_modules/express-signed-stream/dist/client'))

app.get('/play/:id', validateId(), (req, res) => {
  // Your own check comes first: may this user hear it?
  const { url, expires, playUntil } = links.createLink(req.params.id, { expiresIn: '30s', playFor: '2h' })
  res.json({ url, expires, playUntil })
})

app.use(express.static('.'))
app.use(streamErrorHandler())
app.listen(PORT)
