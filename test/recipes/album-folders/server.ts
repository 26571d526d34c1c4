/** Albums in folders, without a database: the path of a file is its id, and one link opens an album. */
import { readdir } from 'node:fs/promises'
import { basename, dirname, extname, sep } from 'node:path'
import express from 'express'
import { createLinks, createStreamRouter, idFromPath, isTrackPath, pathFromId } from 'express-signed-stream'

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
  const paths = (await readdir(dir, { recursive: true })).map(path => path.replaceAll(sep, '/'))
  const tracks = paths.filter(path => extname(path).toLowerCase() === '.flac' && dirname(path) !== '.')
  return tracks.filter(isTrackPath).sort(compare)
}

app.get('/albums', async (_req, res) => {
  res.json([...new Set((await listTracks()).map(path => dirname(path)))])
})

app.get('/albums/*path', async (req, res) => {
  const folder = req.params.path.join('/')
  const paths = (await listTracks()).filter(path => dirname(path) === folder)
  // Your own check: may this user hear the album?
  if (paths[0] === undefined) return void res.sendStatus(404)
  const { urlFor, expires, playUntil } = links.createLink(idFromPath(paths[0]), {
    expiresIn: '1h',
    playFor: '8h',
    prefix: `${idFromPath(folder)}--`,
  })
  const tracks = paths.map(path => ({
    title: basename(path, extname(path)),
    url: urlFor(idFromPath(path)),
  }))
  res.json({ folder, tracks, expires, playUntil })
})

app.listen(PORT)
