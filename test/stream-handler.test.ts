import { mkdirSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import express from 'express'
import { createStreamHandler } from 'express-signed-stream'
import { ask, askRaw, rawGet } from './support/client'
import { listen } from './support/server'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from './support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
mkdirSync(join(tracks.path, 'album'))
tracks.write('album/track1.mp3', TRACK)
afterAll(tracks.remove)

const options = { dir: tracks.path, secret: SECRET }

describe('createStreamHandler', () => {
  it('serves below its path on a bare server, and answers 404 elsewhere', async () => {
    await using server = await listen(createStreamHandler({ ...options, path: '/stream' }))
    expect((await ask(server.port, pathFor('track1'))).body.equals(TRACK)).toBe(true)
    const elsewhere = await ask(server.port, '/other')
    expect([elsewhere.status, elsewhere.body.toString()]).toEqual([404, 'Fichier non trouvé'])
    expect(elsewhere.headers['access-control-allow-origin']).toBe('*')
    expect((await ask(server.port, '/streamtrack1')).status).toBe(404)
  })

  it('serves at the root without a path', async () => {
    await using server = await listen(createStreamHandler(options))
    expect((await ask(server.port, pathFor('track1').replace('/stream', ''))).status).toBe(200)
  })

  it('serves in front of an app, to which it hands all else', async () => {
    const app = express()
    app.get('/page', (_req, res) => {
      res.send('the app')
    })
    const stream = createStreamHandler({ ...options, path: '/media/stream' })
    await using server = await listen((req, res) => {
      stream(req, res, () => {
        ;(app as RequestListener)(req, res)
      })
    })
    expect((await ask(server.port, `/media${pathFor('track1')}`)).status).toBe(200)
    expect((await ask(server.port, '/media/stream/track1')).status).toBe(403)
    expect((await ask(server.port, '/page')).body.toString()).toBe('the app')
  })

  it('reads the path of the absolute form', async () => {
    await using server = await listen(createStreamHandler({ ...options, path: '/stream' }))
    expect(await askRaw(server.port, rawGet(`http://localhost${pathFor('track1')}`))).toMatch(
      /^HTTP\/1\.1 200 /,
    )
  })

  it('answers 503 when a callback of the app fails and there is no app to hand that to', async () => {
    function origin(_origin: unknown, callback: (error: Error) => void): void {
      callback(new Error('of the app'))
    }
    const handler = createStreamHandler({ ...options, path: '/stream', cors: { origin } })
    await using server = await listen(handler)
    const get = await ask(server.port, pathFor('track1'))
    const preflight = await ask(server.port, pathFor('track1'), {
      method: 'OPTIONS',
      headers: { Origin: 'x', 'Access-Control-Request-Method': 'GET' },
    })
    expect([get.status, preflight.status]).toEqual([503, 503])
    expect(get.headers).toMatchObject({ 'retry-after': '2', 'cache-control': 'no-store' })
    expect(get.body.toString()).toBe('Service indisponible')
    await using app = await listen((req, res) => {
      handler(req, res, error => res.end((error as Error).message))
    })
    expect((await ask(app.port, pathFor('track1'))).body.toString()).toBe('of the app')
  })

  it.each(['stream', '/stream/', '/a b?', 5])('refuses the path %j', path => {
    expect(() => createStreamHandler({ ...options, path: path as string })).toThrow(
      'Cannot make createStreamHandler: path must be a path such as "/stream", or ""',
    )
  })
})

describe('describe', () => {
  it('gives what the response would say, from the same file', async () => {
    const handler = createStreamHandler({ ...options, path: '/stream' })
    await using server = await listen(handler)
    const { headers } = await ask(server.port, pathFor('track1'), { method: 'HEAD' })
    expect(await handler.describe('track1')).toEqual({
      size: Number(headers['content-length']),
      type: 'audio/mpeg',
      etag: headers.etag,
      lastModified: new Date(String(headers['last-modified'])),
      fileName: 'track1.mp3',
    })
  })

  it.each(['missing', '', '../track1', 'album/track1', 5 as never])('gives nothing for %j', async id => {
    expect(await createStreamHandler(options).describe(id)).toBeUndefined()
  })
})
