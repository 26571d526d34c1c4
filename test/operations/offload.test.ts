/**
 * The recipe of `docs/recipes/offload.md` with each proxy for real. Needs nginx, Apache with mod_xsendfile, lighttpd and
 * Caddy, which `.ci/setup` installs.
 */
import { Buffer } from 'node:buffer'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createStreamHandler,
  STREAM_CHANNELS,
  type OffloadOptions,
  type StreamCompletionEvent,
} from 'express-signed-stream'
import { ask, type Answer } from '../support/client'
import { listen, type RunningServer } from '../support/server'
import { inSeconds, pathFor, SECRET } from '../support/tracks'
import {
  startApache,
  startCaddy,
  startLighttpd,
  startNginx,
  type Proxy,
  type StartProxy,
} from './offload-proxies'

const proxyToken = 'the-token-of-the-proxy'
const TRACK = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251))

/** Names as people have them, of files in a folder. */
const NAMES = ['a b', 'a#b', 'a%41b', 'a&b', "a'b", 'a+b', 'a?b', 'a{b}c', 'a\u00e4b', 'a\u0308b']

interface Kind {
  readonly name: string
  readonly start: StartProxy
  readonly offload: OffloadOptions
  /** Which responses differ from those of this package, as the document says. */
  readonly differs: {
    /** If-Match with another tag. */
    readonly mismatch: number
    /** Whether a range beyond the end has `Content-Range`, and fields for pages of other origins. */
    readonly unsatisfiable: { readonly range: boolean; readonly cors: boolean }
    /** Of the names above, which this process serves itself. */
    readonly own: readonly string[]
    /** For a file that went between the response of the app and that of the proxy. */
    readonly gone: number
    /** For a file that became a link out of the directory meanwhile. */
    readonly swapped: number
  }
}

const KINDS: readonly Kind[] = [
  {
    name: 'nginx',
    start: startNginx,
    offload: { kind: 'x-accel-redirect', prefix: '/.tracks/', proxyToken },
    differs: { mismatch: 412, unsatisfiable: { range: true, cors: true }, own: [], gone: 404, swapped: 403 },
  },
  {
    name: 'Caddy',
    start: startCaddy,
    offload: { kind: 'x-accel-redirect', prefix: '/.tracks/', encodePath: false, proxyToken },
    differs: {
      mismatch: 412,
      unsatisfiable: { range: true, cors: true },
      own: ['a#b', 'a%41b', 'a?b'],
      gone: 404,
      swapped: 200,
    },
  },
  {
    name: 'Apache',
    start: startApache,
    offload: { kind: 'x-sendfile', proxyToken },
    differs: {
      mismatch: 412,
      unsatisfiable: { range: false, cors: false },
      own: ['a%41b'],
      gone: 404,
      swapped: 200,
    },
  },
  {
    name: 'lighttpd',
    start: startLighttpd,
    offload: { kind: 'x-sendfile', encodePath: true, proxyToken },
    differs: {
      mismatch: 200,
      unsatisfiable: { range: false, cors: false },
      own: [],
      gone: 404,
      swapped: 403,
    },
  },
]

describe.each(KINDS)('$name', ({ start, offload, differs }) => {
  let home: string
  let tracks: string
  let server: RunningServer
  let proxy: Proxy
  let completions: StreamCompletionEvent[] = []

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'offload-'))
    chmodSync(home, 0o755)
    tracks = join(home, 'audio')
    mkdirSync(join(tracks, 'sub dir'), { recursive: true })
    writeFileSync(join(tracks, 'track1.mp3'), TRACK)
    writeFileSync(join(home, 'secret.mp3'), 'outside')
    NAMES.forEach((name, index) => {
      writeFileSync(join(tracks, 'sub dir', `${name}.mp3`), TRACK.subarray(0, 1000 + index))
    })
    const handler = createStreamHandler({
      path: '/stream',
      dir: tracks,
      secret: SECRET,
      offload,
      cache: { maxFiles: 0 },
      resolve(id) {
        const name = NAMES[Number(/^name(\d+)$/.exec(id)?.[1] ?? NaN)]
        return name === undefined ? `${id}.mp3` : `sub dir/${name}.mp3`
      },
      onCompletion(event) {
        completions.push(event)
      },
    })
    server = await listen(handler)
    proxy = await start({ upstreamPort: server.port, tracks, home })
  })
  beforeEach(() => {
    completions = []
  })
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    rmSync(home, { recursive: true })
  })

  function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    return ask(proxy.port, path, { headers, method })
  }

  it('sends the whole track with our fields, and shows nothing of the file', async () => {
    const { status, headers, body } = await get(pathFor('track1'))
    expect(status).toBe(200)
    expect(body.equals(TRACK)).toBe(true)
    expect(headers).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-length': String(TRACK.length),
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    expect(headers['cache-control']).toMatch(/^private, no-transform, max-age=\d+$/)
    expect(headers.etag).toMatch(/^"[^"]{3,}"$/)
    expect([headers['x-accel-redirect'], headers['x-sendfile'], headers['x-offload']]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(completions).toMatchObject([{ outcome: 'offloaded', bytesSent: 0 }])
  })

  it('sends ranges, one and several', async () => {
    const one = await get(pathFor('track1'), { Range: 'bytes=1000-1999' })
    expect([one.status, one.headers['content-range']]).toEqual([206, 'bytes 1000-1999/300000'])
    expect(one.body.equals(TRACK.subarray(1000, 2000))).toBe(true)
    const last = await get(pathFor('track1'), { Range: 'bytes=-10' })
    expect(last.body.equals(TRACK.subarray(-10))).toBe(true)
    const several = await get(pathFor('track1'), { Range: 'bytes=0-9,1000-1009' })
    expect(several.status).toBe(206)
    expect(several.headers['content-type']).toMatch(/^multipart\/byteranges/)
  })

  it('evaluates conditions by the tag that it sent', async () => {
    const { etag } = (await get(pathFor('track1'))).headers
    const range = { Range: 'bytes=0-9' }
    expect((await get(pathFor('track1'), { 'If-None-Match': String(etag) })).status).toBe(304)
    expect((await get(pathFor('track1'), { 'If-Range': String(etag), ...range })).status).toBe(206)
    expect((await get(pathFor('track1'), { 'If-Range': '"other"', ...range })).status).toBe(200)
    expect((await get(pathFor('track1'), { 'If-Match': '"other"' })).status).toBe(differs.mismatch)
  })

  it('refuses a range beyond the end', async () => {
    const { status, headers } = await get(pathFor('track1'), { Range: 'bytes=300000-' })
    expect(status).toBe(416)
    expect(headers['content-range'] === 'bytes */300000').toBe(differs.unsatisfiable.range)
    expect(headers['access-control-allow-origin'] === '*').toBe(differs.unsatisfiable.cors)
  })

  it('responds to HEAD without a body', async () => {
    const { status, headers, body } = await get(pathFor('track1'), {}, 'HEAD')
    expect([status, headers['content-length'], body.length]).toEqual([200, '300000', 0])
  })

  it.each(NAMES.map((name, index) => [name, index] as const))(
    'finds the file named %s',
    async (name, index) => {
      const { status, body } = await get(pathFor(`name${index}`))
      expect(status).toBe(200)
      expect(body.equals(TRACK.subarray(0, 1000 + index))).toBe(true)
      const isOwn = differs.own.includes(name)
      expect(completions.map(({ outcome }) => outcome)).toEqual([isOwn ? 'complete' : 'offloaded'])
    },
  )

  it('lets the app refuse, with its own text and fields', async () => {
    for (const [path, status] of [
      ['/stream/track1?expires=1&sig=00', 403],
      [pathFor('track1', inSeconds(-10)), 403],
      [pathFor('absent'), 404],
    ] as const) {
      const answer = await get(path)
      expect(answer.status).toBe(status)
      expect(answer.headers['access-control-allow-origin']).toBe('*')
      expect(answer.body.toString()).toMatch(/^(?:Signature invalide|Signature expirée|Fichier non trouvé)/)
    }
  })

  it('gives no file to a client that asks for one itself', async () => {
    for (const path of [
      '/.tracks/track1.mp3',
      '/.tracks/',
      '/track1.mp3',
      '/audio/track1.mp3',
      '/stream/../.tracks/track1.mp3',
      '/stream/%2e%2e/.tracks/track1.mp3',
    ]) {
      const { status, body } = await get(path)
      expect([400, 403, 404]).toContain(status)
      expect(body.includes(TRACK.subarray(0, 100))).toBe(false)
    }
    const pretended = {
      'X-Offload': 'a',
      'X-Accel-Redirect': '/.tracks/track1.mp3',
      'X-Sendfile': '/etc/passwd',
    }
    const forged = await get('/stream/track1?expires=1&sig=00', pretended)
    expect([forged.status, forged.body.length < 1000]).toEqual([403, true])
    const good = await get(pathFor('track1'), pretended)
    expect(good.body.equals(TRACK)).toBe(true)
    expect(completions.at(-1)?.outcome).toBe('offloaded')
  })

  /** After the app has looked at the file, and before the proxy does. */
  async function getAfter(change: () => void, path: string): Promise<Answer> {
    subscribe(STREAM_CHANNELS.request, change)
    try {
      return await get(path)
    } finally {
      unsubscribe(STREAM_CHANNELS.request, change)
    }
  }

  it('has an error for a file that has just gone, and nothing else', async () => {
    writeFileSync(join(tracks, 'going.mp3'), TRACK)
    const { status, body } = await getAfter(() => {
      unlinkSync(join(tracks, 'going.mp3'))
    }, pathFor('going'))
    expect(status).toBe(differs.gone)
    expect(body.includes(TRACK.subarray(0, 100))).toBe(false)
  })

  it('sends a file to which a link leads by the app, which knows where links may lead', async () => {
    symlinkSync('track1.mp3', join(tracks, 'linked.mp3'))
    const { status, body } = await get(pathFor('linked'))
    expect([status, body.equals(TRACK)]).toEqual([200, true])
    expect(completions).toMatchObject([{ outcome: 'complete' }])
  })

  it(`responds with ${differs.swapped} for a file that has just become a link out of the directory`, async () => {
    writeFileSync(join(tracks, 'swapped.mp3'), TRACK)
    const { status, body } = await getAfter(() => {
      unlinkSync(join(tracks, 'swapped.mp3'))
      symlinkSync('../secret.mp3', join(tracks, 'swapped.mp3'))
    }, pathFor('swapped'))
    expect(status).toBe(differs.swapped)
    expect(body.includes('outside')).toBe(differs.swapped === 200)
  })

  it('gets no empty response from the app without the proxy', async () => {
    const { status, body } = await ask(server.port, pathFor('track1'))
    expect([status, body.equals(TRACK)]).toEqual([200, true])
  })
})

describe('docs/recipes/offload.md', () => {
  const ROOT = join(__dirname, '../..')
  const text = readFileSync(join(ROOT, 'docs/recipes/offload.md'), 'utf8')

  it.each(['nginx.conf', 'apache.conf', 'lighttpd.conf', 'Caddyfile'])('has %s as it is run here', file => {
    expect(text).toContain(readFileSync(join(ROOT, 'test/recipes/offload', file), 'utf8').trimEnd())
  })
})
