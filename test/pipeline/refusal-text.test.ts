/** `messages`: the texts of refusals, in the language of the app or of each client. */
import type { RequestListener } from 'node:http'
import express, { type Request } from 'express'
import {
  createStreamHandler,
  createStreamRouter,
  ENGLISH_MESSAGES,
  rangeStream,
  requireSignedUrl,
  StreamError,
  streamErrorHandler,
  type RefusalMessages,
  type StreamErrorCode,
  type StreamLogger,
  type StreamMessages,
} from 'express-signed-stream'
import { STREAM_ERROR_CODES } from '../../src/errors'
import { ask, type Answer } from '../support/client'
import { keepingLogger } from '../support/logger'
import { HOSTS, listen } from '../support/server'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
afterAll(tracks.remove)

const dir = tracks.path
const secret = SECRET

type Mount = (messages: RefusalMessages, logger?: StreamLogger) => RequestListener

const MOUNTS: readonly [string, Mount][] = [
  ...HOSTS.map(([host, mount]): [string, Mount] => [
    `the router in ${host}`,
    (messages, logger) => mount(createStreamRouter({ dir, secret, messages, logger })),
  ]),
  [
    'the handler on node:http',
    (messages, logger) => {
      const stream = createStreamHandler({ path: '/stream', dir, secret, messages, logger })
      return (req, res) => {
        stream(req, res)
      }
    },
  ],
  [
    'the middlewares in Express',
    (messages, logger) =>
      express().get(
        '/stream/:id',
        requireSignedUrl({ secret }),
        rangeStream({ dir }),
        streamErrorHandler({ messages, logger }),
      ),
  ],
]

/** What a client sees of the text: status, body, language. */
async function refusalOf(listener: RequestListener, path: string, language?: string): Promise<unknown[]> {
  const { status, headers, body } = await askFor(listener, path, language)
  return [status, body.toString(), headers['content-language']]
}

async function askFor(listener: RequestListener, path: string, language?: string): Promise<Answer> {
  await using server = await listen(listener)
  const headers = language === undefined ? {} : { 'Accept-Language': language }
  return await ask(server.port, path, { headers })
}

describe('ENGLISH_MESSAGES', () => {
  it('has an English text for every code', () => {
    const { language, ...texts } = ENGLISH_MESSAGES
    expect(language).toBe('en')
    expect(Object.keys(texts).sort()).toEqual([...STREAM_ERROR_CODES].sort())
    for (const text of Object.values(texts)) expect(text).toMatch(/^[A-Z][a-z ]+$/)
  })

  it('has one text for all codes that share a default one, so that it reveals no more to somebody who tries links', () => {
    function codesByText(textOf: (code: StreamErrorCode) => string): StreamErrorCode[][] {
      const groups = new Map<string, StreamErrorCode[]>()
      for (const code of STREAM_ERROR_CODES)
        groups.set(textOf(code), [...(groups.get(textOf(code)) ?? []), code])
      return [...groups.values()]
    }
    const byDefault = codesByText(code => new StreamError(code).message)
    expect(codesByText(code => ENGLISH_MESSAGES[code])).toEqual(byDefault)
  })

  it('cannot be changed for all apps of a process', () => {
    expect(Object.isFrozen(ENGLISH_MESSAGES)).toBe(true)
  })
})

/** What an app with pages in two languages writes. */
function byLanguage({ headers }: { headers: Request['headers'] }): StreamMessages {
  return headers['accept-language']?.startsWith('en') === true ? ENGLISH_MESSAGES : {}
}

describe.each(MOUNTS)('the texts of %s', (_name, mount) => {
  it('are French by default, and say so', async () => {
    const { headers, body } = await askFor(mount({}), '/stream/track1')
    expect([body.toString(), headers['content-language']]).toEqual(['Signature invalide', 'fr'])
    expect(String(headers.vary)).not.toContain('Accept-Language')
  })

  it('can be English', async () => {
    const listener = mount(ENGLISH_MESSAGES)
    expect(await refusalOf(listener, '/stream/track1')).toEqual([403, 'Invalid signature', 'en'])
    expect(await refusalOf(listener, pathFor('absent'))).toEqual([404, 'File not found', 'en'])
  })

  it('are the default ones for codes that are left out, each with its language', async () => {
    const listener = mount({ language: 'de-CH', NOT_FOUND: 'Nicht gefunden' })
    expect(await refusalOf(listener, pathFor('absent'))).toEqual([404, 'Nicht gefunden', 'de-CH'])
    expect(await refusalOf(listener, '/stream/track1')).toEqual([403, 'Signature invalide', 'fr'])
  })

  it('name no language that the app has not named', async () => {
    const listener = mount({ NOT_FOUND: 'No such track' })
    expect(await refusalOf(listener, pathFor('absent'))).toEqual([404, 'No such track', undefined])
  })

  it('can be chosen for each request', async () => {
    const listener = mount(byLanguage)
    expect(await refusalOf(listener, '/stream/track1', 'en-GB,en')).toEqual([403, 'Invalid signature', 'en'])
    expect(await refusalOf(listener, '/stream/track1', 'fr')).toEqual([403, 'Signature invalide', 'fr'])
    expect(await refusalOf(listener, '/stream/track1')).toEqual([403, 'Signature invalide', 'fr'])
    const { headers } = await askFor(listener, '/stream/track1')
    expect(headers.vary?.split(', ')).toContain('Accept-Language')
    expect(headers['cache-control']).toBe('no-store')
  })

  it('are chosen in problem details too', async () => {
    await using server = await listen(mount(byLanguage))
    const { headers, body } = await ask(server.port, '/stream/track1', {
      headers: { Accept: 'application/json', 'Accept-Language': 'en' },
    })
    expect(JSON.parse(body.toString())).toEqual({
      type: 'about:blank',
      title: 'Invalid signature',
      status: 403,
      code: 'SIGNATURE_MISSING',
    })
    expect(headers['content-language']).toBe('en')
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('of the app')
      },
    ],
    [
      'throws what has no text',
      () => {
        throw Object.create(null)
      },
    ],
    ['returns nothing', () => undefined],
    ['returns a text', () => 'Not found'],
    ['returns a list', () => ['Not found']],
    ['returns a promise', () => Promise.resolve(ENGLISH_MESSAGES)],
    ['returns a promise that rejects', () => Promise.reject(new Error('of the app'))],
    ['returns a code that does not exist', () => ({ SIGNATURE_MISING: 'x' })],
    ['returns a text that is none', () => ({ SIGNATURE_MISSING: 7 })],
    ['returns a language that no field can hold', () => ({ language: 'en\r\nX-Evil: 1' })],
    [
      'returns what throws when it is read',
      () => ({
        get language() {
          throw new Error('of the app')
        },
      }),
    ],
  ])('are the default ones if a function %s, which is logged', async (_what, choose) => {
    const logger = keepingLogger()
    const rejections = jest.fn()
    process.on('unhandledRejection', rejections)
    const listener = mount(choose as () => StreamMessages, logger)
    expect(await refusalOf(listener, '/stream/track1')).toEqual([403, 'Signature invalide', 'fr'])
    process.off('unhandledRejection', rejections)
    expect(rejections).not.toHaveBeenCalled()
    const faults = logger.lines.filter(({ level }) => level === 'error')
    expect(faults.map(({ message }) => message)).toEqual(['messages failed'])
    expect(faults[0]?.fields).toHaveProperty('err')
  })
})

describe('a function for messages', () => {
  function failing(): never {
    throw new Error('of the app')
  }

  it('that fails is a warning of the process, once, if there is no logger', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const listener = createStreamHandler({ path: '/stream', dir, secret, messages: failing })
    await refusalOf(listener, '/stream/track1')
    await refusalOf(listener, '/stream/track1')
    expect(emitWarning.mock.calls).toEqual([
      ['messages failed: Error: of the app', { code: 'EXPRESS_SIGNED_STREAM_MESSAGES' }],
    ])
    emitWarning.mockRestore()
  })

  it("gets the request of Express, with the app's own negotiation", async () => {
    const app = express().use(
      '/stream',
      createStreamRouter({
        dir,
        secret,
        messages: (req: Request) => (req.acceptsLanguages('fr', 'en') === 'en' ? ENGLISH_MESSAGES : {}),
      }),
    )
    expect(await refusalOf(app, '/stream/track1', 'de, fr;q=0.2, en;q=0.7')).toEqual([
      403,
      'Invalid signature',
      'en',
    ])
  })

  it.each([
    [undefined, 'Accept-Language'],
    ['Cookie', 'Cookie, Accept-Language'],
    ['accept-language, Cookie', 'accept-language, Cookie'],
    ['*', '*'],
  ])('adds its field to Vary: %s', async (before, after) => {
    const stream = createStreamHandler({ path: '/stream', dir, secret, messages: byLanguage })
    const { headers } = await askFor((req, res) => {
      if (before !== undefined) res.setHeader('Vary', before)
      stream(req, res)
    }, '/stream/track1')
    expect(headers.vary).toBe(after)
  })

  it('keeps the Vary of CORS', async () => {
    const cors = { origin: ['https://app.example'] }
    const stream = createStreamHandler({ path: '/stream', dir, secret, messages: byLanguage, cors })
    const { headers } = await askFor(stream, '/stream/track1')
    expect(headers.vary).toBe('Origin, Accept-Language')
  })

  it('is not called for a response without a text', async () => {
    const messages = jest.fn(byLanguage)
    await using server = await listen(createStreamHandler({ path: '/stream', dir, secret, messages }))
    const { status, headers, body } = await ask(server.port, '/stream/track1', {
      headers: { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'audio', 'Sec-Fetch-Site': 'cross-site' },
    })
    expect([status, body.length, headers['content-language']]).toEqual([403, 0, undefined])
    expect(messages).not.toHaveBeenCalled()
    expect((await ask(server.port, pathFor('track1'))).headers).not.toHaveProperty('content-language')
    expect(messages).not.toHaveBeenCalled()
  })
})

describe.each([
  ['createStreamRouter', (messages: unknown) => createStreamRouter({ dir, secret, messages } as never)],
  ['streamErrorHandler', (messages: unknown) => streamErrorHandler({ messages } as never)],
])('%s', (maker, make) => {
  it.each<[unknown, string]>([
    [7, '7'],
    ['English', '"English"'],
    [[], 'an array'],
    [{ NOT_FOUND: 'Nothing', GONE: 'x' }, 'the unknown code "GONE"'],
    [{ NOT_FOUND: 7 }, '7 for NOT_FOUND'],
    [{ language: 'en us' }, '"en us" for language'],
    [{ language: 7 }, '7 for language'],
  ])('throws for messages that are %j, and says what is wrong', (messages, wrong) => {
    expect(() => make(messages)).toThrow(`Cannot make ${maker}: messages must be texts by code`)
    expect(() => make(messages)).toThrow(new RegExp(`, got ${wrong}$`))
  })
})
