/** A shop: the database says which file a track is, and who has bought it. */
import { DatabaseSync } from 'node:sqlite'
import express from 'express'
import {
  createLinks,
  createStreamRouter,
  streamErrorHandler,
  validateId,
  type ResolvedRow,
} from 'express-signed-stream'

const { SECRET_KEY: secret, PORT = 8080 } = process.env

const db = new DatabaseSync('shop.db')
const fileOf = db.prepare('SELECT path, type, fileName FROM tracks WHERE id = ?')
const purchaseOf = db.prepare('SELECT 1 FROM purchases WHERE user = ? AND track = ?')

const links = createLinks({ secret, baseUrl: '/stream' })
const app = express()

app.use(
  '/stream',
  createStreamRouter({
    dir: 'audio',
    links,
    resolve: id => fileOf.get(id) as ResolvedRow | undefined,
  }),
)

app.get('/play/:id', validateId(), (req, res) => {
  // Your login. Here a proxy in front, which no client can go around, sets this field.
  const user = req.get('X-Forwarded-User')
  if (user === undefined) return void res.sendStatus(401)
  if (!purchaseOf.get(user, req.params.id)) return void res.sendStatus(403)
  const { url, expires, playUntil } = links.createLink(req.params.id, { expiresIn: '5m', playFor: '4h' })
  res.json({ url, expires, playUntil })
})

app.use(streamErrorHandler())
app.listen(PORT)
