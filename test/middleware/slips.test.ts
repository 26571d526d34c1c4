/** Mistakes in mounting the middlewares: none of them opens a track, and each has a warning or an error that names it. */
import type { RequestHandler } from 'express'
import express5 from 'express'
import express4 from 'express4'
import {
  createStreamRouter,
  rangeStream,
  requireSignedUrl,
  streamErrorHandler,
  type CrossOriginOptions,
} from 'express-signed-stream'
import { ask } from '../support/client'
import { listen } from '../support/server'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
afterAll(tracks.remove)

const options = { dir: tracks.path, secret: SECRET }
const FORGED = `/stream/track1?expires=9999999999&sig=${'0'.repeat(64)}`

function goOn(_error: unknown, _req: unknown, _res: unknown, next: () => void): void {
  next()
}

/** The codes of the warnings that `action` gives. */
async function warningsOf(action: () => Promise<void>): Promise<unknown[]> {
  const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  await action()
  const codes = emitWarning.mock.calls.map(([, details]) => (details as unknown as { code: string }).code)
  emitWarning.mockRestore()
  return codes
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('on %s', (_host, express) => {
  const requireLink = requireSignedUrl({ secret: SECRET }) as RequestHandler

  it.each<[string, (serve: RequestHandler) => ReturnType<typeof express5>]>([
    ['rangeStream in front of requireSignedUrl', serve => express().get('/stream/:id', serve, requireLink)],
    [
      'requireSignedUrl on another path',
      serve => express().use('/streams', requireLink).get('/stream/:id', serve),
    ],
    [
      'an error handler that goes on',
      serve => {
        const app = express()
        app.use('/stream/:id', requireLink)
        app.use(goOn as never)
        app.get('/stream/:id', serve)
        return app
      },
    ],
  ])('%s opens nothing, and the remedy is named once', async (_slip, mount) => {
    const app = mount(rangeStream({ dir: tracks.path }) as RequestHandler)
    app.use(streamErrorHandler() as never)
    await using server = await listen(app)
    const codes = await warningsOf(async () => {
      for (let time = 0; time < 2; time++) {
        const answer = await ask(server.port, FORGED)
        expect([answer.status, answer.body.toString()]).toEqual([403, 'Signature invalide'])
      }
    })
    expect(codes).toEqual(['EXPRESS_SIGNED_STREAM_UNSIGNED'])
  })

  it('a router that is mounted as a route says how to mount it', async () => {
    const app = express()
    app.get('/stream/:id', createStreamRouter(options) as RequestHandler)
    await using server = await listen(app)
    const codes = await warningsOf(async () => {
      expect((await ask(server.port, pathFor('track1'))).status).toBe(404)
      expect((await ask(server.port, pathFor('track1'))).status).toBe(404)
    })
    expect(codes).toEqual(['EXPRESS_SIGNED_STREAM_ROUTE'])
  })

  it('a router that is mounted well warns of nothing, whatever route came before it', async () => {
    const app = express()
    app.get('/stream/:id/:more', (_req, _res, next) => {
      next()
    })
    app.use('/stream', createStreamRouter(options) as RequestHandler)
    await using server = await listen(app)
    const codes = await warningsOf(async () => {
      expect((await ask(server.port, '/stream/track1/more')).status).toBe(404)
      expect((await ask(server.port, pathFor('track1'))).status).toBe(200)
    })
    expect(codes).toEqual([])
  })
})

it.each<CrossOriginOptions>([{ credentials: true }, { origin: '*', credentials: true }])(
  'credentials for every origin are refused when the router is made: %j',
  cors => {
    expect(() => createStreamRouter({ ...options, cors })).toThrow(
      'credentials need an origin other than "*"',
    )
  },
)

it('with credentials, a preflight allows the headers that it asks for', async () => {
  await using server = await listen(
    createStreamRouter({ ...options, cors: { origin: 'https://app.example', credentials: true } }),
  )
  const { status, headers } = await ask(server.port, '/track1', {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://app.example',
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'range, x-of-the-page',
    },
  })
  expect(status).toBe(204)
  expect(headers).toMatchObject({
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': 'range, x-of-the-page',
  })
})
