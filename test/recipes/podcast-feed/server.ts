/** A podcast for subscribers: each has a feed of their own, with links that end when the subscription does. */
import express from 'express'
import { createLinks, createStreamRouter, fileState } from 'express-signed-stream'

const { SECRET_KEY: secret, ORIGIN = 'http://localhost:8080', PORT = 8080 } = process.env
const DAY = 86_400

/** Your database. The token is in the URL of a feed; the listener is in links and logs. */
const subscribers = new Map([
  ['b1946ac92492d234', 'u42'],
  ['591785b794601e21', 'u43'],
])
const episodes = [
  { id: 'morning-tide', title: 'Tides & winds', date: new Date('2026-10-01T06:00:00Z') },
  { id: 'evening-lanterns', title: 'Lanterns', date: new Date('2026-10-08T06:00:00Z') },
]

// A link that is stable for a week may be signed a week ago and expire in 37 days.
const links = createLinks({
  secret,
  baseUrl: `${ORIGIN}/episodes`,
  maxTtl: 44 * DAY,
  state: fileState({ file: 'revocations' }),
})

const stream = createStreamRouter({ dir: 'audio', links })
const app = express()
app.use('/episodes', stream)

app.get('/feeds/:token', async (req, res) => {
  const listener = subscribers.get(req.params.token)
  if (listener === undefined) return void res.sendStatus(404)
  const items = await Promise.all(episodes.map(episode => itemFor(episode, listener)))
  res.type('application/rss+xml').send(`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0">
  <channel>
    <title>Coastlines</title>
    <link>${escapeXml(ORIGIN)}</link>
    <description>For subscribers</description>
    ${items.join('\n    ')}
  </channel>
</rss>
`)
})

// Behind your login.
app.post('/subscribers/:token/cancel', async (req, res) => {
  const listener = subscribers.get(req.params.token)
  if (listener === undefined) return void res.sendStatus(404)
  subscribers.delete(req.params.token)
  await links.revoke({ listener })
  res.sendStatus(204)
})

app.listen(PORT)

async function itemFor({ id, title, date }: (typeof episodes)[number], listener: string): Promise<string> {
  const track = await stream.describe(id)
  if (track === undefined) return ''
  const url = links.signUrl(id, { expiresIn: '30d', stableFor: '7d', listener, extension: 'mp3' })
  return `<item>
      <title>${escapeXml(title)}</title>
      <guid isPermaLink="false">${id}</guid>
      <pubDate>${date.toUTCString()}</pubDate>
      <enclosure url="${escapeXml(url)}" length="${track.size}" type="${track.type}"/>
    </item>`
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
