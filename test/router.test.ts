import { createStreamRouter, type StreamRouterOptions } from 'express-signed-stream'
import { ask, askRaw, statusesIn, type Answer, type Question } from './support/client'
import { DIRECTORY_SOURCES, serveFrom } from './support/directory-sources'
import { listen, type RunningServer } from './support/server'
import { HOSTS_AND_CACHES, STREAM_HOSTS } from './support/stream-hosts'
import { inSeconds, LAST_MODIFIED, makeTrackDirectory, pathFor, SECRET, TRACK } from './support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
tracks.write('empty.mp3', '')
tracks.write('été_2026-٣.flac', 'flac')
tracks.write('notes.txt', 'not audio')
tracks.write('both.m4a', 'second')
tracks.write('both.mp3', 'first')
afterAll(tracks.remove)

const EXPOSED = 'Content-Range,Content-Length,Accept-Ranges,ETag'

/** Fields of every response, whatever the app's helmet sets. */
const EVERYWHERE = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'none',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED,
}

/** A server of the tracks, by each host and cache and from each source. */
const SERVERS: readonly (readonly [string, () => Promise<RunningServer>])[] = [
  ...HOSTS_AND_CACHES.map(([name, serveStream, cache]): [string, () => Promise<RunningServer>] => [
    name,
    () => listen(serveStream({ dir: tracks.path, secret: SECRET, cache })),
  ]),
  ...DIRECTORY_SOURCES.map(([name, open]): [string, () => Promise<RunningServer>] => [
    `createStreamHandler, from ${name}`,
    () => serveFrom(open, tracks.path),
  ]),
]

describe.each(SERVERS)('%s', (_name, start) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await start()
  })
  afterAll(async () => {
    await server.close()
  })

  describe('serves a track', () => {
    const served = {
      ...EVERYWHERE,
      'content-type': 'audio/mpeg',
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[^"]+"$/) as string,
      'last-modified': LAST_MODIFIED,
      'x-accel-buffering': 'no',
    }

    it('responds with 200 and all bytes', async () => {
      const answer = await ask(server.port, pathFor('track1'))
      expect(answer.status).toBe(200)
      expect(answer.headers).toMatchObject({ ...served, 'content-length': '300000' })
      expect(answer.body.equals(TRACK)).toBe(true)
    })

    it.each([
      ['bytes=0-0', 0, 0],
      ['bytes=1000-70000', 1000, 70_000],
      ['bytes=299999-', 299_999, 299_999],
      ['bytes=131072-', 131_072, 299_999],
      ['bytes=-500', 299_500, 299_999],
      ['bytes=-400000', 0, 299_999],
      ['bytes=5-99999999999999999999999', 5, 299_999],
    ])('responds with 206 to %s and bytes %d to %d', async (range, first, last) => {
      const answer = await ask(server.port, pathFor('track1'), { headers: { Range: range } })
      expect(answer.status).toBe(206)
      expect(answer.headers).toMatchObject({
        ...served,
        'content-range': `bytes ${first}-${last}/300000`,
        'content-length': String(last - first + 1),
      })
      expect(answer.body.equals(TRACK.subarray(first, last + 1))).toBe(true)
    })

    it('sends several ranges as multipart/byteranges', async () => {
      const answer = await ask(server.port, pathFor('track1'), { headers: { Range: 'bytes=0-3,1000-1003' } })
      expect(answer.status).toBe(206)
      const boundary = /^multipart\/byteranges; boundary=([0-9a-f]{40})$/.exec(
        answer.headers['content-type'] ?? '',
      )?.[1]
      function part(range: string, bytes: Buffer): Buffer {
        const head = `\r\n--${boundary}\r\nContent-Type: audio/mpeg\r\nContent-Range: bytes ${range}/300000\r\n\r\n`
        return Buffer.concat([Buffer.from(head), bytes])
      }
      const expected = Buffer.concat([
        part('0-3', TRACK.subarray(0, 4)),
        part('1000-1003', TRACK.subarray(1000, 1004)),
        Buffer.from(`\r\n--${boundary}--\r\n`),
      ])
      expect(answer.body.equals(expected)).toBe(true)
      expect(answer.headers['content-length']).toBe(String(expected.length))
    })

    it('responds to HEAD with the headers of 200 and no body, even with a range', async () => {
      const answer = await ask(server.port, pathFor('track1'), {
        method: 'HEAD',
        headers: { Range: 'bytes=0-9' },
      })
      expect(answer.status).toBe(200)
      expect(answer.headers).toMatchObject({ ...served, 'content-length': '300000' })
      expect(answer.headers).not.toHaveProperty('content-range')
      expect(answer.body).toHaveLength(0)
    })

    it('responds with 304 to the tag it gave, with the headers of 200 except those that describe a body', async () => {
      const { headers } = await ask(server.port, pathFor('track1'), { method: 'HEAD' })
      const answer = await ask(server.port, pathFor('track1'), { headers: { 'If-None-Match': headers.etag } })
      expect(answer.status).toBe(304)
      expect(answer.headers['content-type']).toBeUndefined()
      expect({ 'content-type': 'audio/mpeg', ...answer.headers }).toMatchObject(served)
      expect(answer.body).toHaveLength(0)
    })

    it('resumes by range if If-Range names the same version, and sends the whole file if it does not', async () => {
      const { headers } = await ask(server.port, pathFor('track1'), { method: 'HEAD' })
      async function statusFor(ifRange = ''): Promise<number> {
        const fields = { Range: 'bytes=299990-', 'If-Range': ifRange }
        return (await ask(server.port, pathFor('track1'), { headers: fields })).status
      }
      expect(await statusFor(headers.etag)).toBe(206)
      expect(await statusFor(LAST_MODIFIED)).toBe(206)
      expect(await statusFor('"another"')).toBe(200)
    })

    it('responds with 200 for an empty file, with a range or without', async () => {
      const answer = await ask(server.port, pathFor('empty'), { headers: { Range: 'bytes=0-' } })
      expect(answer.status).toBe(200)
      expect(answer.headers['content-length']).toBe('0')
      expect(answer.body).toHaveLength(0)
    })
  })

  it('after every kind of response, the next request on the connection gets its own', async () => {
    const good = pathFor('track1')
    const { headers } = await ask(server.port, good, { method: 'HEAD' })
    const etag = headers.etag ?? ''
    const conversation: readonly [number, string][] = [
      [200, `GET ${good} HTTP/1.1`],
      [405, `POST ${good} HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello`],
      [206, `GET ${good} HTTP/1.1\r\nRange: bytes=0-9`],
      [405, `PUT ${good} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0`],
      [206, `GET ${good} HTTP/1.1\r\nRange: bytes=0-9,5000-5009`],
      [200, `HEAD ${good} HTTP/1.1`],
      [400, 'GET /stream/a.b.c HTTP/1.1'],
      [403, 'GET /stream/a.b HTTP/1.1'],
      [206, `GET ${good.replace('?', '.mp3?')} HTTP/1.1\r\nRange: bytes=0-9`],
      [404, `GET ${good.replace('?', '.wav?')} HTTP/1.1\r\nRange: bytes=0-9`],
      [403, 'GET /stream/track1 HTTP/1.1'],
      [403, 'HEAD /stream/track1 HTTP/1.1'],
      [304, `GET ${good} HTTP/1.1\r\nIf-None-Match: ${etag}`],
      [404, `GET ${pathFor('missing')} HTTP/1.1`],
      [412, `GET ${good} HTTP/1.1\r\nIf-Match: "x"`],
      [204, `OPTIONS ${good} HTTP/1.1\r\nOrigin: x\r\nAccess-Control-Request-Method: GET`],
      [416, `GET ${good} HTTP/1.1\r\nRange: bytes=999999-`],
      [405, `OPTIONS ${good} HTTP/1.1`],
      [200, `GET ${good} HTTP/1.1\r\nConnection: close`],
    ]
    const requests = conversation.map(([, request]) => {
      const [line = '', ...rest] = request.split('\r\n')
      const hasBody = rest.includes('')
      return (
        [line, 'Host: localhost', ...rest].join('\r\n') +
        (hasBody && !request.endsWith('\r\n0') ? '' : '\r\n\r\n')
      )
    })
    const statuses = statusesIn(await askRaw(server.port, requests.join('')))
    expect(statuses).toEqual(conversation.map(([status]) => status))
  })
})

describe.each(STREAM_HOSTS)('%s', (_name, serveStream) => {
  let server: RunningServer

  async function serve(options: Partial<StreamRouterOptions> = {}): Promise<RunningServer> {
    return listen(serveStream({ dir: tracks.path, secret: SECRET, ...options }))
  }

  beforeAll(async () => {
    server = await serve()
  })
  afterAll(async () => {
    await server.close()
  })

  it('takes letters and digits of any script, and a percent-encoded letter for the letter', async () => {
    const unicode = await ask(server.port, pathFor('été_2026-٣'))
    expect(unicode.status).toBe(200)
    expect(unicode.headers['content-type']).toBe('audio/flac')
    const encoded = pathFor('track1').replace('/track1', '/%74rack1')
    expect((await ask(server.port, encoded)).status).toBe(200)
  })

  it('tries .mp3 first, or the extensions given in their order', async () => {
    expect((await ask(server.port, pathFor('both'))).body.toString()).toBe('first')
    await using other = await serve({ extensions: ['m4a', 'mp3'] })
    const answer = await ask(other.port, pathFor('both'))
    expect(answer.body.toString()).toBe('second')
    expect(answer.headers['content-type']).toBe('audio/mp4')
  })

  it('lets no copy be fresh for longer than its link is valid', async () => {
    async function cacheControl(port: number, seconds: number): Promise<string | undefined> {
      return (await ask(port, pathFor('track1', 1_000_000 + seconds))).headers['cache-control']
    }
    function now(): number {
      return 1_000_000
    }
    await using byDefault = await serve({ now })
    expect(await cacheControl(byDefault.port, 0)).toBe('private, no-transform, max-age=0')
    expect(await cacheControl(byDefault.port, 90)).toBe('private, no-transform, max-age=90')
    expect(await cacheControl(byDefault.port, 7200)).toBe('private, no-transform, max-age=3600')
    await using shared = await serve({
      now,
      cacheMaxAge: 60,
      cacheVisibility: 'public',
      clockTolerance: 10,
    })
    expect(await cacheControl(shared.port, 90)).toBe('public, no-transform, max-age=60')
    expect(await cacheControl(shared.port, -5)).toBe('public, no-transform, max-age=0')
  })

  describe('refuses', () => {
    const expired = inSeconds(-1)
    const cases: [string, number, string, string, Question][] = [
      ['a method that is not supported', 405, 'Méthode non autorisée', pathFor('track1'), { method: 'POST' }],
      [
        'OPTIONS that is no preflight',
        405,
        'Méthode non autorisée',
        pathFor('track1'),
        { method: 'OPTIONS' },
      ],
      ['an id outside the pattern', 400, 'Identifiant invalide', '/stream/a.b.c?expires=1&sig=2', {}],
      ['a path that does not decode', 400, 'Identifiant invalide', '/stream/%zz?expires=1&sig=2', {}],
      ['no signature', 403, 'Signature invalide', '/stream/track1', {}],
      ['a malformed signature', 403, 'Signature invalide', '/stream/track1?expires=1&sig=2', {}],
      ['a wrong signature', 403, 'Signature invalide', pathFor('track2').replace('track2', 'track1'), {}],
      ['an expired link', 403, 'Signature expirée', pathFor('track1', expired), {}],
      ['a track that does not exist', 404, 'Fichier non trouvé', pathFor('missing'), {}],
      ['a file that is no audio', 404, 'Fichier non trouvé', pathFor('notes'), {}],
      [
        'a failed precondition',
        412,
        'Précondition non remplie',
        pathFor('track1'),
        { headers: { 'If-Match': '"x"' } },
      ],
      [
        'a range outside the file',
        416,
        'Plage non satisfaisable',
        pathFor('track1'),
        { headers: { Range: 'bytes=300000-' } },
      ],
    ]

    it.each(cases)('%s with %d %s', async (_what, status, text, path, question) => {
      const answer = await ask(server.port, path, question)
      expect(answer.status).toBe(status)
      expect(answer.body.toString()).toBe(text)
      expect(answer.headers).toMatchObject({
        ...EVERYWHERE,
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      })
      expect(answer.headers).not.toHaveProperty('etag')
    })

    it('names the methods that are allowed', async () => {
      const answer = await ask(server.port, pathFor('track1'), { method: 'DELETE' })
      expect(answer.headers.allow).toBe('GET, HEAD')
    })

    it('gives the size with 416', async () => {
      const answer = await ask(server.port, pathFor('track1'), { headers: { Range: 'bytes=300000-' } })
      expect(answer.headers['content-range']).toBe('bytes */300000')
    })

    it('a link that lives longer than maxTtl', async () => {
      await using limited = await serve({ maxTtl: 100, now: () => 1_000_000 })
      expect((await ask(limited.port, pathFor('track1', 1_000_100))).status).toBe(200)
      const answer = await ask(limited.port, pathFor('track1', 1_000_101))
      expect([answer.status, answer.body.toString()]).toEqual([403, 'Signature invalide'])
    })

    it('with problem details if the client prefers JSON', async () => {
      const answer = await ask(server.port, '/stream/track1', { headers: { Accept: 'application/json' } })
      expect(answer.status).toBe(403)
      expect(answer.headers['content-type']).toBe('application/problem+json')
      expect(JSON.parse(answer.body.toString())).toEqual({
        type: 'about:blank',
        title: 'Signature invalide',
        status: 403,
        code: 'SIGNATURE_MISSING',
      })
    })

    it.each([
      '*/*',
      'audio/webm,audio/*;q=0.9,*/*;q=0.5',
      'text/html,application/xhtml+xml,*/*;q=0.8',
      'image/png',
    ])('with text to Accept: %s', async accept => {
      const answer = await ask(server.port, '/stream/track1', { headers: { Accept: accept } })
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    })

    it('with the texts given, in both forms', async () => {
      await using english = await serve({ messages: { NOT_FOUND: 'No such track' } })
      expect((await ask(english.port, pathFor('missing'))).body.toString()).toBe('No such track')
      const problem = await ask(english.port, pathFor('missing'), {
        headers: { Accept: 'application/problem+json' },
      })
      expect(JSON.parse(problem.body.toString())).toMatchObject({ title: 'No such track', code: 'NOT_FOUND' })
      expect((await ask(english.port, '/stream/track1')).body.toString()).toBe('Signature invalide')
    })

    it('HEAD without a body', async () => {
      const answer = await ask(server.port, '/stream/track1', { method: 'HEAD' })
      expect(answer.status).toBe(403)
      expect(answer.body).toHaveLength(0)
    })
  })

  describe('speaks CORS', () => {
    const preflight = {
      method: 'OPTIONS',
      headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' },
    }

    it('responds to a preflight without a signature', async () => {
      const answer = await ask(server.port, '/stream/track1', preflight)
      expect(answer.status).toBe(204)
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET,HEAD',
        'access-control-max-age': '600',
      })
      expect(answer.headers).not.toHaveProperty('content-length')
      expect(answer.headers['access-control-allow-headers']?.split(',')).toEqual(
        expect.arrayContaining(
          '* Authorization Range If-Range If-Match If-None-Match X-Playback-Session-Id'.split(' '),
        ),
      )
    })

    it('refuses an OPTIONS that names no method, which is no preflight', async () => {
      const headers = { Origin: 'https://app.example' }
      expect((await ask(server.port, '/stream/track1', { method: 'OPTIONS', headers })).status).toBe(405)
    })

    it('reflects an allowed origin, and no other', async () => {
      await using strict = await serve({ cors: { origin: ['https://app.example'], credentials: true } })
      async function from(origin: string): Promise<Answer> {
        return ask(strict.port, pathFor('track1'), { headers: { Origin: origin } })
      }
      const allowed = await from('https://app.example')
      expect(allowed.headers).toMatchObject({
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-credentials': 'true',
        vary: expect.stringContaining('Origin') as string,
      })
      const foreign = await from('https://app.example.evil.example')
      expect(foreign.headers).not.toHaveProperty('access-control-allow-origin')
      expect(foreign.headers.vary).toContain('Origin')
    })

    it('leaves CORS to the app if it is switched off', async () => {
      await using without = await serve({ cors: false })
      const answer = await ask(without.port, pathFor('track1'), {
        headers: { Origin: 'https://app.example' },
      })
      expect(answer.status).toBe(200)
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
      expect((await ask(without.port, '/stream/track1', preflight)).status).toBe(405)
    })
  })

  it.each(['/stream', '/stream/', '/stream/track1/', '/stream/a/b'])(
    'responds with 404 to %s, which is no track',
    async path => {
      expect((await ask(server.port, path)).status).toBe(404)
    },
  )

  it('reads a doubled slash as one', async () => {
    expect((await ask(server.port, pathFor('track1').replace('/track1', '//track1'))).status).toBe(200)
  })

  it('passes other paths to the app', async () => {
    await using app = await listen(
      serveStream({ dir: tracks.path, secret: SECRET }, (_req, res) => res.end('the app')),
    )
    expect((await ask(app.port, '/stream/a/b')).body.toString()).toBe('the app')
  })
})

describe('createStreamRouter', () => {
  it('takes the directory and the secret in front, and options after them', async () => {
    const router = createStreamRouter(tracks.path, SECRET, { messages: { SIGNATURE_MISSING: 'Sign first' } })
    await using server = await listen(router)
    expect((await ask(server.port, pathFor('track1').replace('/stream', ''))).status).toBe(200)
    expect((await ask(server.port, '/track1')).body.toString()).toBe('Sign first')
  })

  it('verifies with every secret of a list', async () => {
    const router = createStreamRouter(tracks.path, ['a newer secret of 32 bytes or more', SECRET])
    await using server = await listen(router)
    expect((await ask(server.port, pathFor('track1').replace('/stream', ''))).status).toBe(200)
  })

  it.each([
    [{ dir: tracks.path, secret: undefined }, 'Cannot make createStreamRouter: secret is missing'],
    [
      { dir: tracks.path, secret: 'short' },
      'Cannot make createStreamRouter: secret must have at least 16 bytes, got 5',
    ],
    [{ secret: SECRET }, 'Cannot make createStreamRouter: dir is missing'],
    [
      { dir: '', secret: SECRET },
      'Cannot make createStreamRouter: dir must be an existing directory, got ""',
    ],
    [{ dir: '/nowhere', secret: SECRET }, 'dir must be an existing directory, got "/nowhere"'],
    [
      { dir: tracks.path, secret: SECRET, origin: '*' },
      'Cannot make createStreamRouter: unknown option "origin"',
    ],
    [
      { dir: tracks.path, secret: SECRET, maxTtl: -1 },
      'maxTtl must be a whole number of seconds, 0 or more, got -1',
    ],
    [
      { dir: tracks.path, secret: SECRET, clockTolerance: '5' },
      'clockTolerance must be a whole number of seconds',
    ],
    [
      { dir: tracks.path, secret: SECRET, stallTimeout: 0.5 },
      'stallTimeout must be a whole number of milliseconds',
    ],
    [
      { dir: tracks.path, secret: SECRET, extensions: ['exe'] },
      'extensions must be a list of some of mp3, m4a',
    ],
    [{ dir: tracks.path, secret: SECRET, extensions: [] }, 'extensions must be a list of some of mp3, m4a'],
    [
      { dir: tracks.path, secret: SECRET, cacheVisibility: 'none' },
      'cacheVisibility must be "private" or "public"',
    ],
    [
      { dir: tracks.path, secret: SECRET, logger: {} },
      'logger must be a logger with the methods debug, info, warn',
    ],
    [{ dir: tracks.path, secret: SECRET, messages: { GONE: 'x' } }, 'messages must be texts by code'],
    [
      { dir: tracks.path, secret: SECRET, cors: { origins: '*' } },
      'cors must be false, or an object of origin',
    ],
    [{ dir: tracks.path, secret: SECRET, cors: true }, 'cors must be false, or an object of origin'],
    [
      { dir: tracks.path, secret: SECRET, cache: true },
      'cache must be false, or an object of maxBytes and maxFiles',
    ],
    [
      { dir: tracks.path, secret: SECRET, cache: { maxbytes: 1 } },
      'cache must be false, or an object of maxBytes',
    ],
    [
      { dir: tracks.path, secret: SECRET, cache: { maxBytes: -1 } },
      'cache.maxBytes must be a whole number, 0 or more, got -1',
    ],
    [{ dir: tracks.path, secret: SECRET, now: 5 }, 'now must be a function, got 5'],
    [undefined, 'Cannot make createStreamRouter: options must be an object, got undefined'],
  ])('throws for %j, naming what is wrong', (options, message) => {
    expect(() => createStreamRouter(options as unknown as StreamRouterOptions)).toThrow(message)
  })
})
