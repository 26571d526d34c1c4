/** Albums in folders, without a database: the path of a file is its id, and one link opens an album. */
import { readdir } from 'node:fs/promises'
import { basename, dirname, extname, sep } from 'node:path'
import express from 'express'
import { createLinks, createStreamRouter, idFromPath, pathFromId } from 'express-signed-stream'

const { SECRET_KEY: secret, MUSIC_DIR: dir = 'music', PORT = 8080 } = process.env

const links = createLinks({ secret, baseUrl: '/stream' })
const app = express()

app.use(
  '/stream',
  createStreamRouter({
    dir,
    links,
    extensions: ['flac', 'FLAC'],
    // Without `fileName`, a browser saves a track under its id.
    resolve: id => {
      const path = pathFromId(id)
      return path === undefined ? undefined : { path, fileName: basename(path) }
    },
  }),
)

const { compare } = new Intl.Collator('en', { numeric: true })

/** The paths of all FLACs in folders, in the order of their names: 2 before 10. */
async function listTracks(): Promise<string[]> {
  const paths = await readdir(dir, { recursive: true })
  const tracks = paths.filter(path => extname(path).toLowerCase() === '.flac' && dirname(path) !== '.')
  return tracks.map(path => path.replaceAll(sep, '/')).sort(compare)
}

app.get('/albums', async (_req, res) => {
  res.json([...new Set((await listTracks()).map(path => dirname(path)))])
})

app.get('/albums/*path', async (req, res) => {
  const folder = req.params.path.join('/')
  const paths = (await listTracks()).filter(path => dirname(path) === folder)
  const ids = paths.map(path => idFromPath(path))
  // Your own check: may this user hear the album?
  if (ids[0] === undefined) return void res.sendStatus(404)
  const { query, expires, playUntil } = links.createLink(ids[0], {
    expiresIn: '1h',
    playFor: '8h',
    prefix: `${idFromPath(folder)}--`,
  })
  const urls = ids.map(id => `/stream/${encodeURIComponent(id)}?${query}`)
  const tracks = paths.map((path, index) => ({ title: basename(path, extname(path)), url: urls[index] }))
  res.json({ folder, tracks, expires, playUntil })
})

app.listen(PORT)
