/** The three middlewares, alone and in a row, in both Express versions and on plain node:http. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import express5, { type ErrorRequestHandler } from 'express'
import express4 from 'express4'
import {
  rangeStream,
  requireSignedUrl,
  StreamError,
  streamErrorHandler,
  validateId,
  type StreamMiddleware,
  type StreamRequest,
} from 'express-signed-stream'
import { ask } from '../support/client'
import { listen } from '../support/server'
import { inSeconds, makeTrackDirectory, pathFor, queryFor, SECRET, TRACK } from '../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
tracks.write('track2.mp3', 'two')
afterAll(tracks.remove)

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('in %s', (_name, express) => {
  function composed(...middlewares: StreamMiddleware[]): ReturnType<typeof express5> {
    const app = express()
    app.get('/stream/:id', ...middlewares)
    return app
  }

  it('serve a signed track, and leave what is permitted in req.grant', async () => {
    const app = composed(validateId(), requireSignedUrl({ secret: SECRET }))
    app.get('/stream/:id', (req, res) => {
      res.json(req.grant)
    })
    await using server = await listen(app)
    const expires = inSeconds(60)
    const answer = await ask(server.port, pathFor('track1', expires))
    expect(JSON.parse(answer.body.toString())).toEqual({ id: 'track1', expires, keyIndex: 0 })
  })

  it('serve ranges below a route', async () => {
    const app = composed(
      validateId(),
      requireSignedUrl({ secret: SECRET }),
      rangeStream({ dir: tracks.path }),
    )
    await using server = await listen(app)
    const answer = await ask(server.port, pathFor('track1'), { headers: { Range: 'bytes=10-19' } })
    expect(answer.status).toBe(206)
    expect(answer.body.equals(TRACK.subarray(10, 20))).toBe(true)
  })

  it('serve below a mounted path that names no parameter', async () => {
    const app = express()
    app.use('/stream', requireSignedUrl({ secret: SECRET }), rangeStream({ dir: tracks.path }))
    await using server = await listen(app)
    expect((await ask(server.port, pathFor('track1'))).status).toBe(200)
  })

  it('open what was signed, whatever a later route calls it', async () => {
    const app = express()
    app.use(requireSignedUrl({ secret: SECRET }))
    app.get('/:id/:other', rangeStream({ dir: tracks.path, unsigned: true }))
    await using server = await listen(app)
    const answer = await ask(server.port, `/track1/track2?${queryFor('track2')}`)
    expect(answer.body.toString()).toBe('two')
  })

  it('serve without a signature if none is required, with a lifetime of its own', async () => {
    await using server = await listen(
      composed(rangeStream({ dir: tracks.path, unsigned: true, cacheMaxAge: 120 })),
    )
    const answer = await ask(server.port, '/stream/track1')
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('private, no-transform, max-age=120')
    expect((await ask(server.port, '/stream/..%2Ftrack1')).status).toBe(400)
  })

  it('hand a StreamError to the error handler of the app', async () => {
    const app = composed(
      validateId(),
      requireSignedUrl({ secret: SECRET }),
      rangeStream({ dir: tracks.path }),
    )
    const errors: unknown[] = []
    app.use(((error, _req, res, _next) => {
      errors.push(error)
      res.status(418).end()
    }) satisfies ErrorRequestHandler)
    await using server = await listen(app)
    for (const path of ['/stream/a.b.c', '/stream/track1', pathFor('missing'), pathFor('track1', 1)]) {
      expect((await ask(server.port, path)).status).toBe(418)
    }
    expect(errors.every(error => error instanceof StreamError)).toBe(true)
    expect(errors).toMatchObject([
      { code: 'INVALID_ID', status: 400, expose: true, headers: { 'Cache-Control': 'no-store' } },
      { code: 'SIGNATURE_MISSING', status: 403 },
      { code: 'NOT_FOUND', status: 404 },
      { code: 'SIGNATURE_EXPIRED', status: 403 },
    ])
  })

  it('give the right status and headers through the own error handler of Express', async () => {
    const app = composed(rangeStream({ dir: tracks.path, unsigned: true }))
    app.set('env', 'test')
    await using server = await listen(app)
    const answer = await ask(server.port, '/stream/track1', { headers: { Range: 'bytes=300000-' } })
    expect(answer.status).toBe(416)
    expect(answer.headers).toMatchObject({ 'content-range': 'bytes */300000', 'cache-control': 'no-store' })
  })

  it('refuse any method but GET and HEAD', async () => {
    const app = express()
    app.use('/stream', rangeStream({ dir: tracks.path, unsigned: true }), streamErrorHandler())
    await using server = await listen(app)
    const answer = await ask(server.port, '/stream/track1', { method: 'PUT' })
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
  })

  describe('streamErrorHandler', () => {
    it('responds as the router does', async () => {
      const app = composed(
        validateId(),
        requireSignedUrl({ secret: SECRET }),
        rangeStream({ dir: tracks.path }),
      )
      app.use(streamErrorHandler({ messages: { NOT_FOUND: 'No such track' } }))
      await using server = await listen(app)
      expect((await ask(server.port, '/stream/track1')).body.toString()).toBe('Signature invalide')
      expect((await ask(server.port, pathFor('missing'))).body.toString()).toBe('No such track')
    })

    it('refuses a parameter that Express cannot decode as an invalid id, without a stack trace', async () => {
      const app = composed(validateId())
      app.use(streamErrorHandler())
      await using server = await listen(app)
      const answer = await ask(server.port, '/stream/%zz')
      expect([answer.status, answer.body.toString()]).toEqual([400, 'Identifiant invalide'])
    })

    it('hands other errors on', async () => {
      const app = composed((_req, _res, next) => {
        next(new Error('of the app'))
      })
      app.use(streamErrorHandler())
      app.use(((error, _req, res, _next) => {
        res.status(500).send((error as Error).message)
      }) satisfies ErrorRequestHandler)
      await using server = await listen(app)
      expect((await ask(server.port, '/stream/track1')).body.toString()).toBe('of the app')
    })

    it('passes a refusal on if the response has begun', async () => {
      const app = composed((_req, res, next) => {
        res.writeHead(200)
        res.write('begun')
        next(new StreamError('NOT_FOUND'))
      })
      app.use(streamErrorHandler())
      app.use(((error, _req, res, _next) => {
        res.end(` ${(error as StreamError).code}`)
      }) satisfies ErrorRequestHandler)
      await using server = await listen(app)
      expect((await ask(server.port, '/stream/track1')).body.toString()).toBe('begun NOT_FOUND')
    })

    it('throws for an unknown option', () => {
      expect(() => streamErrorHandler({ message: {} } as object)).toThrow(
        'Cannot make streamErrorHandler: unknown option "message", known are messages, logger',
      )
    })
  })
})

describe('on plain node:http', () => {
  const chain = [validateId(), requireSignedUrl({ secret: SECRET }), rangeStream({ dir: tracks.path })]
  const onError = streamErrorHandler()

  function run(req: IncomingMessage, res: ServerResponse, rest: readonly StreamMiddleware[]): void {
    const [first, ...others] = rest
    first?.(req, res, error => {
      if (error === undefined) run(req, res, others)
      else onError(error, req, res, () => res.destroy())
    })
  }

  it('take the id from the last segment of the path', async () => {
    await using server = await listen((req, res) => {
      run(req, res, chain)
    })
    expect((await ask(server.port, pathFor('track1'))).body.equals(TRACK)).toBe(true)
    expect((await ask(server.port, '/stream/track1')).status).toBe(403)
    expect((await ask(server.port, '/stream/%zz')).status).toBe(400)
  })

  it('take it from req.params if a router of the app set it', async () => {
    const server = createServer()
    server.on('request', (req: StreamRequest, res: ServerResponse) => {
      req.params = { id: 'track2' }
      run(req, res, chain)
    })
    await using running = await listen((req, res) => server.emit('request', req, res))
    expect((await ask(running.port, `/anything?${queryFor('track2')}`)).body.toString()).toBe('two')
  })
})

it.each([
  [() => requireSignedUrl({ secret: '' }), 'Cannot make requireSignedUrl: secret is missing'],
  [() => requireSignedUrl({ secret: SECRET, tolerance: 1 } as never), 'unknown option "tolerance"'],
  [
    () => rangeStream({ dir: 'no such directory' }),
    'Cannot make rangeStream: dir must be an existing directory',
  ],
  [() => rangeStream({}), 'Cannot make rangeStream: dir is missing'],
])('a wrong option throws when the middleware is made: %#', (make, message) => {
  expect(make).toThrow(message)
})
