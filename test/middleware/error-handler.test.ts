/** The error handler on hosts that are not Express: Polka's `onError`, plain servers, and what mounts it wrongly. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import express from 'express'
import { StreamError, streamErrorHandler, type StreamErrorMiddleware } from 'express-signed-stream'
import { ask } from '../support/client'
import { keepingLogger } from '../support/logger'
import { listen } from '../support/server'

type Next = (error?: unknown) => void

/** What a client gets if the host calls `handler` with these arguments after `req` and `res`. */
async function responseTo(handler: RequestListener): Promise<unknown> {
  await using server = await listen(handler)
  const { status, headers, body } = await ask(server.port, '/')
  return [status, headers['cache-control'], body.toString()]
}

function failing(error: unknown, next: unknown, handle = streamErrorHandler({ logger: keepingLogger() })) {
  return (req: IncomingMessage, res: ServerResponse): void => {
    handle(error, req, res, next as Next)
  }
}

function throws(): never {
  throw new Error('of the host')
}

/** What Polka does: `next` with an error calls the error handler again. */
function polkaLike(error: unknown, handle: StreamErrorMiddleware): RequestListener {
  return (req, res) => {
    function next(failure: unknown): void {
      handle(failure, req, res, next)
    }
    next(error)
  }
}

const FOREIGN: readonly (readonly [string, unknown, number])[] = [
  ['an error without a status', new Error('secret'), 500],
  ['status', Object.assign(new Error('secret'), { status: 402 }), 402],
  ['statusCode', Object.assign(new Error('secret'), { statusCode: 503 }), 503],
  ['the code of a path that nothing serves, of Polka 0.5', { code: 404 }, 404],
  ['the status of a path that nothing serves, of Polka 1', { status: 404 }, 404],
  ['a code that is no status', Object.assign(new Error('secret'), { code: 20 }), 500],
  ['a status that is no error', { status: 200 }, 500],
  ['a text', 'secret', 500],
  ['nothing', null, 500],
  [
    'a status that cannot be read',
    {
      get status(): number {
        throw new Error('secret')
      },
    },
    500,
  ],
]

describe.each<[string, (error: unknown) => RequestListener]>([
  ['without a next', error => failing(error, undefined)],
  [
    'with a next that leads back here',
    error => polkaLike(error, streamErrorHandler({ logger: keepingLogger() })),
  ],
])('streamErrorHandler %s', (_what, host) => {
  it.each(FOREIGN)('responds to %s without details', async (_error, error, status) => {
    expect(await responseTo(host(error))).toEqual([status, 'no-store', ''])
  })

  it('responds to a refusal as the router does', async () => {
    expect(await responseTo(host(new StreamError('LINK_REVOKED')))).toEqual([403, 'no-store', 'Lien révoqué'])
  })

  it('closes the connection of a response that has begun', async () => {
    const handle = host(new StreamError('NOT_FOUND'))
    await using server = await listen((req, res) => {
      res.writeHead(200, { 'Content-Length': 10 }).write('half')
      handle(req, res)
    })
    await expect(ask(server.port, '/')).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})

it.each(FOREIGN)('responds to %s with 500 without details if next throws', async (_error, error) => {
  expect(await responseTo(failing(error, throws))).toEqual([500, 'no-store', ''])
})

it('logs an error that nothing else handles, but for those of clients', async () => {
  const logger = keepingLogger()
  const handle = streamErrorHandler({ logger })
  const error = new Error('of the app')
  await responseTo(failing({ code: 404 }, undefined, handle))
  await responseTo(failing(error, undefined, handle))
  expect(logger.lines).toEqual([{ level: 'error', message: 'Request failed', fields: { err: error } }])
})

it('passes an error on in Express, also if the app mounts the same handler several times', async () => {
  const handle = streamErrorHandler()
  const app = express()
  app.get('/', throws)
  for (let time = 0; time < 3; time++) app.use(handle)
  app.use(((error: Error, _req, res, _next) => {
    res.status(418).send(error.message)
  }) satisfies express.ErrorRequestHandler)
  expect(await responseTo(app)).toEqual([418, undefined, 'of the host'])
})

describe('streamErrorHandler that a host calls as any other middleware', () => {
  function misplaced(next?: (res: ServerResponse) => void): RequestListener {
    const handle = streamErrorHandler() as unknown as (
      req: IncomingMessage,
      res: ServerResponse,
      next?: () => void,
    ) => void
    return (req, res) => {
      handle(req, res, next?.bind(undefined, res))
    }
  }

  it('goes on, and names the mistake once', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const handler = misplaced(res => {
      res.end('of the app')
    })
    expect(await responseTo(handler)).toEqual([200, undefined, 'of the app'])
    expect(await responseTo(handler)).toEqual([200, undefined, 'of the app'])
    const codes = emitWarning.mock.calls.map(([, details]) => (details as unknown as { code: string }).code)
    emitWarning.mockRestore()
    expect(codes).toEqual(['EXPRESS_SIGNED_STREAM_ERROR_HANDLER'])
  })

  it('is 404 if nothing comes after it', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    expect(await responseTo(misplaced())).toEqual([404, 'no-store', ''])
    emitWarning.mockRestore()
  })
})
