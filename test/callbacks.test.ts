/** A callback of the app that fails costs at most its own request, and the log has an error. */
import { once } from 'node:events'
import {
  createStreamHandler,
  createStreamRouter,
  STREAM_CHANNELS,
  type AllowedOrigin,
} from 'express-signed-stream'
import { ask } from './support/client'
import { eventsOf, subscribeTo, type ChannelName } from './support/events'
import { keepingLogger } from './support/logger'
import { HOSTS, listen } from './support/server'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from './support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
afterAll(tracks.remove)

const options = { dir: tracks.path, secret: SECRET }
const CHANNELS = Object.keys(STREAM_CHANNELS) as ChannelName[]

const unhandled: unknown[] = []
function collect(error: unknown): void {
  unhandled.push(error)
}
beforeAll(() => {
  process.on('unhandledRejection', collect)
})
afterAll(() => {
  process.off('unhandledRejection', collect)
})
afterEach(async () => {
  await new Promise(setImmediate)
  expect(unhandled).toEqual([])
})

const FAULTS: readonly [string, () => unknown][] = [
  [
    'throws',
    () => {
      throw new Error('of the app')
    },
  ],
  ['rejects', () => Promise.reject(new Error('of the app'))],
  [
    'throws no error',
    () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- apps do
      throw undefined
    },
  ],
]

const QUESTIONS: readonly [number, string, Record<string, string>][] = [
  [200, pathFor('track1'), {}],
  [206, pathFor('track1'), { Range: 'bytes=0-9' }],
  [403, '/stream/track1', {}],
  [404, pathFor('missing'), {}],
  [416, pathFor('track1'), { Range: 'bytes=900000-' }],
]

async function statuses(port: number): Promise<number[]> {
  const answers = []
  for (const [, path, headers] of QUESTIONS) answers.push((await ask(port, path, { headers })).status)
  return answers
}
const EXPECTED = QUESTIONS.map(([status]) => status)

describe.each(HOSTS)('on %s', (_host, mount) => {
  it.each(FAULTS)('a logger that %s costs nothing, and is reported once', async (_how, fault) => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    await using server = await listen(mount(createStreamRouter({ ...options, logger: keepingLogger(fault) })))
    expect(await statuses(server.port)).toEqual(EXPECTED)
    await new Promise(setImmediate)
    const codes = emitWarning.mock.calls.map(([, details]) => details)
    emitWarning.mockRestore()
    expect(codes).toEqual([{ code: 'EXPRESS_SIGNED_STREAM_LOGGER' }])
  })

  it.each(FAULTS)('a subscriber that %s costs nothing, and is logged', async (_how, fault) => {
    const logger = keepingLogger()
    for (const name of CHANNELS) subscribeTo(name, fault)
    await using server = await listen(mount(createStreamRouter({ ...options, logger })))
    expect(await statuses(server.port)).toEqual(EXPECTED)
    await new Promise(setImmediate)
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'A subscriber of a diagnostics channel failed' }),
    )
  })

  const ORIGINS: readonly [string, AllowedOrigin][] = [
    ...FAULTS.slice(0, 2).map(([how, fault]): [string, AllowedOrigin] => [how, fault as never]),
    [
      'gives an error',
      (_origin, callback) => {
        callback(new Error('of the app'))
      },
    ],
    [
      'gives a value of a wrong type',
      (_origin, callback) => {
        callback(null, 42 as never)
      },
    ],
    [
      'gives an error and then a result',
      (_origin, callback) => {
        callback(new Error('of the app'))
        callback(null, true)
      },
    ],
  ]
  it.each(ORIGINS)(
    'a function for origins that %s costs its own request, and is logged',
    async (_how, origin) => {
      const logger = keepingLogger()
      await using server = await listen(mount(createStreamRouter({ ...options, logger, cors: { origin } })))
      const get = await ask(server.port, pathFor('track1'), { headers: { Origin: 'null' } })
      const preflight = await ask(server.port, pathFor('track1'), {
        method: 'OPTIONS',
        headers: { Origin: 'null', 'Access-Control-Request-Method': 'GET' },
      })
      for (const { status, headers } of [get, preflight]) {
        expect(status).toBeGreaterThanOrEqual(500)
        expect(headers['access-control-allow-origin']).toBeUndefined()
      }
      expect(logger.lines.filter(({ message }) => message === 'Request failed')).toHaveLength(2)
    },
  )

  it('a function for origins that gives a result twice responds once', async () => {
    function origin(_origin: unknown, callback: (error: null, allowed: boolean) => void): void {
      callback(null, true)
      callback(null, true)
    }
    await using server = await listen(mount(createStreamRouter({ ...options, cors: { origin } })))
    const answer = await ask(server.port, pathFor('track1'), { headers: { Origin: 'https://a.example' } })
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, 'https://a.example'])
  })
})

it('a fault without an app to handle it is logged, and becomes a 500', async () => {
  const logger = keepingLogger()
  const handler = createStreamHandler({ ...options, path: '/stream', logger })
  await using server = await listen((req, res) => {
    // A host whose response takes no fields.
    res.setHeader = () => {
      Reflect.deleteProperty(res, 'setHeader')
      throw new Error('of the host')
    }
    handler(Object.assign(req, { id: 'r-1' }), res)
  })
  const closed = once(server.server, 'connection')
  const answer = await ask(server.port, '/stream/track1')
  await closed
  expect(answer.status).toBe(500)
  expect(logger.lines).toContainEqual({
    level: 'error',
    message: 'Request failed',
    fields: { err: expect.any(Error) as Error, request_id: 'r-1' },
  })
})

describe('a clock that breaks', () => {
  const TIMES: readonly [string, () => unknown][] = [
    ['throws', FAULTS[0]?.[1] ?? (() => undefined)],
    ['gives NaN', () => NaN],
    ['gives nothing', () => undefined],
    ['gives a promise', () => Promise.resolve(0)],
    ['gives a text', () => '0'],
    ['gives milliseconds', () => Date.now()],
  ]

  it.each(TIMES)('(it %s) opens no link, not even an old one, and is logged', async (_how, broken) => {
    const logger = keepingLogger()
    let isBroken = false
    function now(): number {
      return isBroken ? (broken() as number) : Date.now() / 1000
    }
    await using server = await listen(
      createStreamHandler({ ...options, path: '/stream', now, logger, maxTtl: 3600, clockTolerance: 60 }),
    )
    expect((await ask(server.port, pathFor('track1'))).status).toBe(200)
    isBroken = true
    for (const path of [pathFor('track1'), pathFor('track1', 1)]) {
      const answer = await ask(server.port, path)
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
    }
    expect(
      logger.lines.filter(({ level, message }) => level === 'error' && message === 'Source unavailable'),
    ).toHaveLength(2)
    isBroken = false
    expect((await ask(server.port, pathFor('track1'))).status).toBe(200)
  })

  it.each(TIMES)('(it %s) from the start throws when the handler is made', (_how, broken) => {
    const now = broken as () => number
    expect(() => createStreamHandler({ ...options, now })).toThrow(/^Cannot make createStreamHandler: now /)
    expect(() => createStreamRouter({ ...options, now })).toThrow(/^Cannot make createStreamRouter: now /)
  })
})

it('what a client sends reaches events and the log as text alone', async () => {
  const logger = keepingLogger()
  const events: unknown[] = []
  for (const name of CHANNELS) subscribeTo(name, event => events.push(event))
  await using server = await listen((req, res) => {
    Object.assign(req, { ip: '\u001b[2J\u202e192.0.2.7' })
    createStreamHandler({ ...options, path: '/stream', logger })(req, res)
  })
  await ask(server.port, `/stream/track1?expires=%C2%9B31m%E2%80%AE&sig=%1B%5B2J%0A%E2%80%A8`)
  await ask(server.port, pathFor('track1'), { headers: { Range: 'bytes=0-9\u009b31m' } })
  expect(logger.lines.length).toBeGreaterThanOrEqual(3)
  expect(events.length).toBeGreaterThanOrEqual(3)
  for (const value of [...logger.lines.map(({ fields }) => fields), ...events]) {
    for (const text of Object.values(value as object))
      expect(String(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  }
})

it('an event hands out nothing by which a subscriber could change the cache', async () => {
  const reads = eventsOf('read')
  await using server = await listen(createStreamHandler({ ...options, path: '/stream' }))
  await ask(server.port, pathFor('track1'))
  expect(reads.length).toBeGreaterThan(0)
  for (const { cache } of reads) {
    expect(Object.isFrozen(cache)).toBe(true)
    expect(Object.getPrototypeOf(cache)).toBe(Object.prototype)
    expect(Object.keys(cache ?? {})).toEqual(['usedBytes'])
  }
})
