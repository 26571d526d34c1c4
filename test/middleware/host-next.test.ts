/** Hosts that give a middleware no `next`, or one that fails: each request gets a response, and the process goes on. */
import { createServer as createHttp2Server, connect, constants } from 'node:http2'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createLinks,
  createStreamHandler,
  rangeStream,
  requireSignedUrl,
  validateId,
  type StreamMiddleware,
} from 'express-signed-stream'
import type * as Package from 'express-signed-stream'
import { ask, type Answer } from '../support/client'
import { keepingLogger } from '../support/logger'
import { listen } from '../support/server'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
afterAll(tracks.remove)

const dir = tracks.path

type Next = (error?: unknown) => void

/** A server whose one handler is `middleware`, with this `next`. */
function hostOf(middleware: StreamMiddleware, next: unknown): RequestListener {
  return (req, res) => {
    middleware(req, res, next as Next)
  }
}

function shown({ status, headers, body }: Answer): unknown {
  return [status, headers['cache-control'], body.toString()]
}

async function responseOf(handler: RequestListener, path: string): Promise<unknown> {
  await using server = await listen(handler)
  return shown(await ask(server.port, path))
}

/** The texts of the warnings that come while `action` runs. */
async function warningsOf(action: () => Promise<unknown>): Promise<string[]> {
  const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  await action()
  const texts = emitWarning.mock.calls.map(([text]) => String(text))
  emitWarning.mockRestore()
  return texts
}

function freshPackage(): typeof Package {
  let fresh: typeof Package | undefined
  jest.isolateModules(() => {
    fresh = jest.requireActual('express-signed-stream')
  })
  if (fresh === undefined) throw new Error('The package was not loaded')
  return fresh
}

function throws(): never {
  throw new Error('of the host')
}

/** What a host may give for `next`. */
const NEXTS: readonly (readonly [string, unknown])[] = [
  ['gives no next', undefined],
  ['gives something else for next', { pathname: '/' }],
  ['throws from next', throws],
  ['rejects what next returns', () => Promise.reject(new Error('of the host'))],
]

const asking = createLinks({ secret: SECRET, sets: () => Promise.resolve(true) })

const BARE_500 = [500, 'no-store', '']

describe.each(NEXTS)('A host that %s', (_what, next) => {
  const logger = keepingLogger()
  const REFUSED: readonly (readonly [string, StreamMiddleware, string, readonly unknown[]])[] = [
    ['validateId', validateId(), '/a.b.c', [400, 'no-store', 'Identifiant invalide']],
    [
      'requireSignedUrl',
      requireSignedUrl({ secret: SECRET, logger }),
      '/track1',
      [403, 'no-store', 'Signature invalide'],
    ],
    [
      'rangeStream',
      rangeStream({ dir, unsigned: true, logger }),
      '/nowhere',
      [404, 'no-store', 'Fichier non trouvé'],
    ],
  ]

  it.each(REFUSED)('gets the refusal of %s written', async (_name, middleware, path, refusal) => {
    await warningsOf(async () => {
      expect(await responseOf(hostOf(middleware, next), path)).toEqual(refusal)
    })
  })

  it.each<[string, StreamMiddleware, string]>([
    ['validateId', validateId(), '/track1'],
    ['requireSignedUrl', requireSignedUrl({ secret: SECRET, logger }), pathFor('track1')],
    [
      'requireSignedUrl that asks the app',
      requireSignedUrl({ links: asking, logger }),
      `/track1?${asking.createLink('track1', { expiresIn: 60, set: 'spring' }).query}`,
    ],
  ])('gets 500 without details for a request that %s lets pass', async (_name, middleware, path) => {
    await warningsOf(async () => {
      expect(await responseOf(hostOf(middleware, next), path)).toEqual(BARE_500)
    })
  })

  it('gets 500 without details for what is broken in rangeStream', async () => {
    const lines = keepingLogger()
    const serve = rangeStream({ dir, unsigned: true, logger: lines })
    function broken(req: IncomingMessage, res: ServerResponse): void {
      Object.defineProperty(req, 'params', { get: throws })
      serve(req, res, next as Next)
    }
    expect(await responseOf(broken, '/track1')).toEqual(BARE_500)
    expect(lines.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })

  it('still gets tracks', async () => {
    await using server = await listen(hostOf(rangeStream({ dir, unsigned: true }), next))
    const { status, body } = await ask(server.port, '/track1')
    expect({ status, isTrack: body.equals(TRACK) }).toEqual({ status: 200, isTrack: true })
  })
})

it('A handler without a usable next refuses other paths with 404', async () => {
  const stream = createStreamHandler({ path: '/stream', dir, secret: SECRET })
  const host = hostOf(stream, { pathname: '/' })
  expect(await responseOf(host, '/other')).toEqual([404, 'no-store', 'Fichier non trouvé'])
})

describe('A next that fails', () => {
  const stream = createStreamHandler({ path: '/stream', dir, secret: SECRET })

  it.each([
    ['throws', throws],
    ['rejects', () => Promise.reject(new Error('of the host'))],
  ])('is called once for a path of the app, also if it %s, and the client gets 500', async (_how, fail) => {
    const next = jest.fn(fail)
    await warningsOf(async () => {
      expect(await responseOf(hostOf(stream, next), '/other')).toEqual(BARE_500)
    })
    expect(next).toHaveBeenCalledTimes(1)
  })

  it('does not change what it has responded before', async () => {
    function host(req: IncomingMessage, res: ServerResponse): void {
      stream(req, res, () => {
        res.end('of the app')
        throws()
      })
    }
    await warningsOf(async () => {
      expect(await responseOf(host, '/other')).toEqual([200, undefined, 'of the app'])
    })
  })

  it('closes the connection of a response that it has begun, so that no client waits for the rest', async () => {
    function host(req: IncomingMessage, res: ServerResponse): void {
      stream(req, res, () => {
        res.writeHead(200, { 'Content-Length': 10 }).write('half')
        throws()
      })
    }
    await using server = await listen(host)
    await warningsOf(async () => {
      await expect(ask(server.port, '/other')).rejects.toMatchObject({ code: 'ECONNRESET' })
    })
  })

  it('resets the stream of a response that it has begun over HTTP/2', async () => {
    const server = createHttp2Server((req, res) => {
      stream(req as unknown as IncomingMessage, res as unknown as ServerResponse, () => {
        res.writeHead(200).write('half')
        throws()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await warningsOf(async () => {
      const request = session.request({ ':path': '/other' }).resume()
      await once(request, 'error').catch(() => undefined)
      expect(request.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR)
    })
    session.close()
    server.close()
    await once(server, 'close')
  })

  it('gets 500 without fields of a connection over HTTP/2', async () => {
    const server = createHttp2Server((req, res) => {
      stream(req as unknown as IncomingMessage, res as unknown as ServerResponse, throws)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const texts = await warningsOf(async () => {
      const request = session.request({ ':path': '/other' }).resume()
      const [headers] = (await once(request, 'response')) as [Record<string, unknown>]
      expect(headers).toMatchObject({ ':status': 500, 'cache-control': 'no-store' })
      await once(request, 'close')
    })
    expect(texts.filter(text => /connection/i.test(text))).toEqual([])
    session.close()
    server.close()
    await once(server, 'close')
  })

  it('is logged with the fault that it was given, which names the request', async () => {
    const logger = keepingLogger()
    const guard = requireSignedUrl({ secret: SECRET, logger })
    function host(req: IncomingMessage, res: ServerResponse): void {
      Object.assign(req, { id: 'r1' })
      // What Polka 0.5 does with an error.
      guard(req, res, error => {
        res.statusCode = (error as { code: number }).code
        res.end('of the host')
      })
    }
    expect(await responseOf(host, '/track1')).toEqual([403, 'no-store', 'Signature invalide'])
    expect(logger.lines).toMatchObject([
      { level: 'warn', message: 'Invalid signature attempt' },
      {
        level: 'error',
        message: 'Request failed',
        fields: {
          request_id: 'r1',
          err: {
            message: expect.stringContaining(
              'The error handling of the host failed: RangeError [ERR_HTTP_INVALID_STATUS_CODE]',
            ) as unknown,
            cause: { code: 'SIGNATURE_MISSING' },
          },
        },
      },
    ])
  })

  it('may throw the error that it was given, which is logged as it is', async () => {
    const logger = keepingLogger()
    const guard = requireSignedUrl({ secret: SECRET, logger })
    const host = hostOf(guard, (error: unknown) => {
      throw error
    })
    expect(await responseOf(host, '/track1')).toEqual([403, 'no-store', 'Signature invalide'])
    expect(logger.lines.at(-1)).toMatchObject({
      level: 'error',
      fields: { err: { code: 'SIGNATURE_MISSING' } },
    })
  })

  it('may respond to a refusal before it throws', async () => {
    const guard = requireSignedUrl({ secret: SECRET })
    function host(req: IncomingMessage, res: ServerResponse): void {
      guard(req, res, () => {
        res.writeHead(401).end('of the app')
        throws()
      })
    }
    await warningsOf(async () => {
      expect(await responseOf(host, '/track1')).toEqual([401, undefined, 'of the app'])
    })
  })

  it('is a warning of the process without a logger, once', async () => {
    // A copy of the package, whose warning no other test has used up.
    const host = hostOf(freshPackage().validateId(), undefined)
    const texts = await warningsOf(async () => {
      expect(await responseOf(host, '/track1')).toEqual(BARE_500)
      expect(await responseOf(host, '/track1')).toEqual(BARE_500)
    })
    expect(texts).toEqual([
      'A request failed, and no error handling of the app took it: ' +
        'TypeError: Cannot go on with the request: the host gave no next',
    ])
  })
})

it.each<[string, (stream: ReturnType<typeof createStreamHandler>) => RequestListener, string]>([
  ['a refusal', stream => stream, '/stream/track1'],
  ['a path of the app', stream => hostOf(stream, throws), '/other'],
])('A response whose head cannot be written, of %s, closes the connection', async (_what, mount, path) => {
  const handle = mount(createStreamHandler({ path: '/stream', dir, secret: SECRET }))
  await using server = await listen((req, res) => {
    res.writeHead = throws
    handle(req, res)
  })
  await warningsOf(async () => {
    await expect(ask(server.port, path)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})
