/** An extension in the path: for players that look at it. It is not signed, and must be true. */
import { createHmac } from 'node:crypto'
import type { RequestListener } from 'node:http'
import express5 from 'express'
import express4 from 'express4'
import {
  createSigner,
  createStreamRouter,
  rangeStream,
  requireSignedUrl,
  streamErrorHandler,
  validateId,
  type StreamMiddleware,
} from 'express-signed-stream'
import { ask, askRaw, rawGet, statusesIn } from './support/client'
import { eventsOf } from './support/events'
import { scriptSource } from './support/scripted-source'
import { listen, type RunningServer } from './support/server'
import { setStage } from './support/stage'
import { STREAM_HOSTS } from './support/stream-hosts'
import { inSeconds, makeTrackDirectory, pathFor, queryFor, SECRET, TRACK } from './support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
tracks.write('vorbis.ogg', 'ogg')
tracks.write('book.m4b', 'book')
tracks.write('été.flac', 'flac')
tracks.write('notes.txt', TRACK)
afterAll(tracks.remove)

/** `/stream/{id}.{extension}?…`; the signature is that of the id. */
function pathOf(id: string, extension: string, expires?: number): string {
  return `/stream/${encodeURIComponent(id)}.${extension}?${queryFor(id, expires)}`
}

const FORGED = `expires=9000000000&sig=${'0'.repeat(64)}`

function composed(express: typeof express5): RequestListener {
  const app = express()
  const chain: StreamMiddleware[] = [
    validateId(),
    requireSignedUrl({ secret: SECRET }),
    rangeStream({ dir: tracks.path }),
  ]
  app.get('/stream/:id', ...chain)
  app.use(streamErrorHandler())
  return app
}

const SERVERS: readonly (readonly [string, () => RequestListener])[] = [
  ...STREAM_HOSTS.map(
    ([name, serveStream]) => [name, () => serveStream({ dir: tracks.path, secret: SECRET })] as const,
  ),
  ['the middlewares on Express 5', () => composed(express5)],
  ['the middlewares on Express 4', () => composed(express4)],
  [
    'the middlewares below a path without a parameter',
    () => {
      const app = express5()
      app.use(
        '/stream',
        validateId(),
        requireSignedUrl({ secret: SECRET }),
        rangeStream({ dir: tracks.path }),
      )
      app.use(streamErrorHandler())
      return app
    },
  ],
]

it.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('validateId leaves the id alone for the handlers after it, on %s', async (_name, express) => {
  const app = express()
  const signer = createSigner({ secret: SECRET, baseUrl: '/stream' })
  app.get('/play/:id', validateId(), (req, res) => {
    res.send(signer.signUrl(req.params.id, { expiresAt: 9_000_000_000 }))
  })
  await using server = await listen(app)
  const expected = signer.signUrl('track1', { expiresAt: 9_000_000_000 })
  for (const id of ['track1', 'track1.mp3', 'track1%2Emp3', 'track1.exe']) {
    expect((await ask(server.port, `/play/${id}`)).body.toString()).toBe(expected)
  }
})

describe.each(SERVERS)('%s', (_name, makeListener) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await listen(makeListener())
  })
  afterAll(async () => {
    await server.close()
  })

  it.each([
    ['track1', 'mp3'],
    ['track1', 'MP3'],
    ['track1', 'Mp3'],
    ['track1', '%6Dp3'],
    ['vorbis', 'ogg'],
    ['vorbis', 'opus'],
    ['book', 'm4a'],
    ['book', 'MP4'],
    ['été', 'flac'],
  ])('serves %s.%s as it serves the id', async (id, extension) => {
    // Far away, so that the lifetime of a copy is the same in both.
    const expires = inSeconds(100_000)
    const plain = await ask(server.port, pathFor(id, expires))
    const { status, headers, body } = await ask(server.port, pathOf(id, extension, expires))
    expect(status).toBe(200)
    expect(body.equals(plain.body)).toBe(true)
    expect({ ...headers, date: '' }).toEqual({ ...plain.headers, date: '' })
  })

  it('serves ranges, HEAD and conditions in the same way', async () => {
    const path = pathOf('track1', 'mp3')
    const range = await ask(server.port, path, { headers: { Range: 'bytes=10-19' } })
    expect([range.status, range.body.equals(TRACK.subarray(10, 20))]).toEqual([206, true])
    const head = await ask(server.port, path, { method: 'HEAD' })
    expect([head.status, head.headers['content-length']]).toEqual([200, '300000'])
    const etag = head.headers.etag ?? ''
    const cases = [
      [{ 'If-None-Match': etag }, 304],
      [{ 'If-Match': '"other"' }, 412],
      [{ Range: 'bytes=300000-' }, 416],
    ] as const
    for (const [headers, status] of cases) {
      expect((await ask(server.port, path, { headers })).status).toBe(status)
    }
  })

  it.each([
    ['that is another type', 'track1', 'flac'],
    ['that is not served', 'track1', 'exe'],
    ['of a file that is no audio', 'notes', 'txt'],
    ['of a track that does not exist', 'missing', 'mp3'],
    ['that names a property', 'track1', 'constructor'],
  ])('refuses an extension %s with 404, once the signature holds', async (_what, id, extension) => {
    const refusals = eventsOf('refusal')
    for (const method of ['GET', 'HEAD']) {
      expect((await ask(server.port, pathOf(id, extension), { method })).status).toBe(404)
    }
    // A condition decides nothing about what is not served.
    const headers = { 'If-None-Match': '*', Range: 'bytes=0-0' }
    expect((await ask(server.port, pathOf(id, extension), { headers })).status).toBe(404)
    expect(refusals).toHaveLength(3)
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'NOT_FOUND', id })
  })

  it.each(['track1.mp3', 'track1.flac', 'track1.exe', 'missing.mp3'])(
    'reveals nothing of %s while the signature does not hold',
    async segment => {
      const refusals = eventsOf('refusal')
      const unsigned = await ask(server.port, `/stream/${segment}`)
      const forged = await ask(server.port, `/stream/${segment}?${FORGED}`)
      expect([unsigned.status, forged.status]).toEqual([403, 403])
      expect(unsigned.body.equals(forged.body)).toBe(true)
      const id = segment.slice(0, segment.indexOf('.'))
      expect(refusals).toMatchObject([
        { code: 'SIGNATURE_MISSING', id },
        { code: 'SIGNATURE_INVALID', id },
      ])
    },
  )

  it('refuses a link that was signed with the extension', async () => {
    const sig = createHmac('sha256', SECRET).update('track1.mp3|9000000000').digest('hex')
    const { status } = await ask(server.port, `/stream/track1.mp3?expires=9000000000&sig=${sig}`)
    expect(status).toBe(403)
  })

  it.each(['track1.', '.mp3', 'track1.b.mp3', 'track1..mp3', 'track1.%C3%BC', 'track1.mp3%00'])(
    'refuses %s with 400: it is no address',
    async segment => {
      expect((await ask(server.port, `/stream/${segment}?${queryFor('track1')}`)).status).toBe(400)
    },
  )

  it('names the track without its extension in events', async () => {
    const requests = eventsOf('request')
    const completions = eventsOf('completion')
    await ask(server.port, pathOf('track1', 'MP3'))
    expect(requests).toMatchObject([{ id: 'track1' }])
    expect(completions).toMatchObject([{ id: 'track1' }])
  })

  it('opens what signUrl wrote', async () => {
    const signer = createSigner({ secret: SECRET, baseUrl: '/stream' })
    const path = signer.signUrl('été', { expiresIn: 60, extension: 'FLAC' })
    expect((await ask(server.port, path)).body.toString()).toBe('flac')
  })
})

describe.each(['at once', 'later'] as const)('a source that opens %s', answers => {
  it.each(['flac', 'exe'])('has no track open after a refused .%s', async extension => {
    const source = scriptSource(10, () => [], [{ kind: 'opens', answers }])
    await using stage = await setStage(source)
    expect((await ask(stage.port, `/track1.${extension}`)).status).toBe(404)
    expect(stage.refusals).toMatchObject([{ code: 'NOT_FOUND' }])
    expect(stage.requests).toEqual([])
  })

  it('is not called for an extension that is not served', async () => {
    const source = scriptSource(
      10,
      () => [],
      () => {
        throw new Error('It was asked')
      },
    )
    await using stage = await setStage(source)
    expect((await ask(stage.port, '/track1.exe')).status).toBe(404)
  })
})

describe('rangeStream', () => {
  it('serves an id with an extension without signatures too', async () => {
    const app = express5()
    app.get('/stream/:id', rangeStream({ dir: tracks.path, unsigned: true }))
    app.use(streamErrorHandler())
    await using server = await listen(app)
    const statuses = ['track1.mp3', 'track1.MP3', 'track1.flac', 'track1.exe', 'track1.'].map(
      async segment => (await ask(server.port, `/stream/${segment}`)).status,
    )
    expect(await Promise.all(statuses)).toEqual([200, 200, 404, 404, 400])
  })

  it('ignores the extension of a route that names something else than the track of the grant', async () => {
    const app = express5()
    app.get(
      '/files/:id',
      (req, _res, next) => {
        req.grant = { id: 'track1', expires: 9e9, keyIndex: 0 }
        next()
      },
      rangeStream({ dir: tracks.path }),
    )
    await using server = await listen(app)
    expect((await ask(server.port, '/files/playlist.txt')).status).toBe(200)
  })
})

describe('requireSignedUrl', () => {
  it('leaves the id without its extension in req.grant', async () => {
    const app = express5()
    app.get('/stream/:id', requireSignedUrl({ secret: SECRET }), (req, res) => {
      res.json([req.params.id, req.grant?.id])
    })
    await using server = await listen(app)
    const { body } = await ask(server.port, pathOf('track1', 'mp3'))
    expect(JSON.parse(body.toString())).toEqual(['track1.mp3', 'track1'])
  })
})

describe('a router below a route with an id of its own', () => {
  it('takes the extension of its own path', async () => {
    const app = express5()
    app.use('/users/:id', createStreamRouter({ dir: tracks.path, secret: SECRET }))
    await using server = await listen(app)
    const [good, bad] = ['mp3', 'flac'].map(extension =>
      pathOf('track1', extension).replace('/stream/', '/users/track1.wav/'),
    )
    expect((await ask(server.port, good ?? '')).status).toBe(200)
    expect((await ask(server.port, bad ?? '')).status).toBe(404)
    // A request behind another one on its connection is begun a second time.
    const pipelined = `GET ${good} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(2) + rawGet(bad ?? '')
    expect(statusesIn(await askRaw(server.port, pipelined))).toEqual([200, 200, 404])
  })
})
