/** What people write today: Express, cors, helmet, an HMAC check and `res.sendFile`. */
const { createHmac, timingSafeEqual } = require('node:crypto')
const cors = require('cors')
const express = require('express')
const helmet = require('helmet')

module.exports = (dir, secret) => {
  const app = express()
  app.use(cors(), helmet({ crossOriginResourcePolicy: { policy: 'cross-origin' } }))
  app.get('/stream/:id', (req, res) => {
    const { id } = req.params
    const { expires, sig } = req.query
    const expected = createHmac('sha256', secret).update(`${id}|${expires}`).digest()
    const given = Buffer.from(sig, 'hex')
    const isValid = given.length === expected.length && timingSafeEqual(given, expected)
    if (!isValid || Number(expires) < Date.now() / 1000) {
      res.status(403).type('text').send('Signature invalide')
      return
    }
    res.sendFile(`${id}.mp3`, { root: dir })
  })
  return app
}
