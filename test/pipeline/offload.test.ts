/** `offload` without a proxy: what this process says to one, and to clients that only pretend to be one. */
import { linkSync, mkdirSync, symlinkSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import {
  createLinks,
  createStreamHandler,
  type OffloadOptions,
  type StreamCompletionEvent,
  type StreamHandlerOptions,
} from 'express-signed-stream'
import { ask, type Answer } from '../support/client'
import { listen } from '../support/server'
import { inSeconds, makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'

const TOKEN = 'the-token-of-the-proxy'
const ACCEL = { kind: 'x-accel-redirect', prefix: '/.tracks/', proxyToken: TOKEN } as const
const SENDFILE = { kind: 'x-sendfile', proxyToken: TOKEN } as const
const PROXY = { 'X-Offload': TOKEN }
const ODD = "sub dir/\u00e4%41 #?+'.mp3"

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
mkdirSync(join(tracks.path, 'sub dir'))
tracks.write(ODD, TRACK)
for (const name of ['a%41b', 'a?b', 'a#b', '\u00e4 b']) tracks.write(`${name}.mp3`, TRACK)
tracks.write('line\nfeed.mp3', TRACK)
tracks.write('sub dir/inside.mp3', TRACK)
symlinkSync('track1.mp3', join(tracks.path, 'linked.mp3'))
symlinkSync('sub dir', join(tracks.path, 'other dir'))
const elsewhere = makeTrackDirectory()
elsewhere.write('far.mp3', TRACK)
symlinkSync(join(elsewhere.path, 'far.mp3'), join(tracks.path, 'far.mp3'))
linkSync(join(elsewhere.path, 'far.mp3'), join(tracks.path, 'hard.mp3'))
symlinkSync(tracks.path, join(elsewhere.path, 'current'))
afterAll(() => {
  tracks.remove()
  elsewhere.remove()
})

const PATHS: Readonly<Record<string, string>> = {
  odd: ODD,
  percent: 'a%41b.mp3',
  query: 'a?b.mp3',
  fragment: 'a#b.mp3',
  accent: '\u00e4 b.mp3',
  feed: 'line\nfeed.mp3',
  track1: 'track1.mp3',
  linked: 'linked.mp3',
  inFolder: 'sub dir/inside.mp3',
  inLinkedFolder: 'other dir/inside.mp3',
  far: 'far.mp3',
  hard: 'hard.mp3',
}

/** A field as Node reads it: a character for each byte. */
function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

interface Exchange extends Answer {
  readonly completion: StreamCompletionEvent | undefined
}

async function exchange(
  offload: OffloadOptions,
  path: string,
  headers: Record<string, string> = PROXY,
  { method = 'GET', ...options }: Partial<StreamHandlerOptions> & { method?: string } = {},
): Promise<Exchange> {
  let completion: StreamCompletionEvent | undefined
  const handler = createStreamHandler({
    path: '/stream',
    dir: tracks.path,
    resolve: id => PATHS[id],
    ...(options.links === undefined && { secret: SECRET }),
    offload,
    onCompletion(event) {
      completion = event
    },
    ...options,
  })
  await using server = await listen(handler)
  const answer = await ask(server.port, path, { method, headers })
  return { ...answer, completion }
}

describe('offload to a proxy', () => {
  it('names the file to nginx by a URI, with the fields that the proxy keeps, and no bytes', async () => {
    const { status, headers, body, completion } = await exchange(ACCEL, pathFor('track1'))
    expect([status, body.length]).toEqual([200, 0])
    expect(headers).toMatchObject({
      'x-accel-redirect': '/.tracks/track1.mp3',
      'content-type': 'audio/mpeg',
      'content-length': '0',
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
    })
    expect(headers['cache-control']).toMatch(/^private, no-transform, max-age=(?:600|599)$/)
    for (const name of ['etag', 'last-modified', 'accept-ranges', 'content-range']) {
      expect(headers[name]).toBeUndefined()
    }
    expect(completion).toMatchObject({ outcome: 'offloaded', status: 200, bytesSent: 0 })
  })

  it('names it to Apache by its absolute path, with the validators that count there', async () => {
    const { headers } = await exchange(SENDFILE, pathFor('track1'), { ...PROXY, Range: 'bytes=0-9' })
    expect(headers['x-sendfile']).toBe(join(tracks.path, 'track1.mp3'))
    expect(headers.etag).toMatch(/^"/)
    expect(headers['last-modified']).toBeDefined()
  })

  it.each<[string, OffloadOptions, string, string | undefined]>([
    ['nginx', ACCEL, 'x-accel-redirect', "/.tracks/sub%20dir/%C3%A4%2541%20%23%3F%2B'.mp3"],
    ['Caddy, which might decode it,', { ...ACCEL, encodePath: false }, 'x-accel-redirect', undefined],
    ['Apache, which might decode it,', SENDFILE, 'x-sendfile', undefined],
    [
      'lighttpd',
      { ...SENDFILE, encodePath: true },
      'x-sendfile',
      join(tracks.path, ODD).split('/').map(encodeURIComponent).join('/'),
    ],
  ])('writes a name with odd characters as %s reads it', async (_proxy, offload, field, value) => {
    const { headers, body } = await exchange(offload, pathFor('odd'))
    expect(headers[field]).toBe(value)
    expect(body.length).toBe(value === undefined ? TRACK.length : 0)
  })

  it.each<[string, OffloadOptions, string, string | undefined]>([
    ['%', { ...ACCEL, encodePath: false }, 'percent', undefined],
    ['?', { ...ACCEL, encodePath: false }, 'query', undefined],
    ['#', { ...ACCEL, encodePath: false }, 'fragment', undefined],
    ['an accent', { ...ACCEL, encodePath: false }, 'accent', latin1('/.tracks/\u00e4 b.mp3')],
    ['%', SENDFILE, 'percent', undefined],
    ['?', SENDFILE, 'query', join(tracks.path, 'a?b.mp3')],
    ['#', SENDFILE, 'fragment', join(tracks.path, 'a#b.mp3')],
    ['an accent', SENDFILE, 'accent', latin1(join(tracks.path, '\u00e4 b.mp3'))],
  ])(
    'names a file with %s in its name without escapes only if %j can mean no other',
    async (_with, offload, id, value) => {
      const { headers, body } = await exchange(offload, pathFor(id))
      expect(headers['x-accel-redirect'] ?? headers['x-sendfile']).toBe(value)
      expect(body.length).toBe(value === undefined ? TRACK.length : 0)
    },
  )

  it.each<[string, OffloadOptions, string, Record<string, string>, Partial<StreamHandlerOptions>]>([
    ['without the token', ACCEL, pathFor('track1'), {}, {}],
    ['with another token', ACCEL, pathFor('track1'), { 'X-Offload': 'the-token-of-a-stranger' }, {}],
    ['with a field that asks for it', SENDFILE, pathFor('track1'), { 'X-Sendfile-Type': 'X-Sendfile' }, {}],
    ['of a file that no field can name', ACCEL, pathFor('feed'), PROXY, {}],
  ])('serves a request itself %s', async (_what, offload, path, headers, options) => {
    const { status, body, headers: fields, completion } = await exchange(offload, path, headers, options)
    expect(status).toBe(200)
    expect(body.equals(TRACK)).toBe(true)
    expect([fields['x-accel-redirect'], fields['x-sendfile']]).toEqual([undefined, undefined])
    expect(completion?.outcome).toBe('complete')
  })

  it.each([
    ['linked', 'a link to a file beside it'],
    ['inLinkedFolder', 'a file in a linked folder'],
    ['far', 'a link into a directory of linksInto'],
  ])('serves %s itself, which is %s', async id => {
    const answer = await exchange(ACCEL, pathFor(id), PROXY, { linksInto: [elsewhere.path] })
    expect([answer.status, answer.headers['x-accel-redirect']]).toEqual([200, undefined])
    expect(answer.body.equals(TRACK)).toBe(true)
  })

  it.each(['inFolder', 'hard'])('names %s, whose path has no link', async id => {
    expect((await exchange(ACCEL, pathFor(id))).headers['x-accel-redirect']).toMatch(/^\/\.tracks\//)
  })

  it('names the files of a directory to which a link leads', async () => {
    const dir = join(elsewhere.path, 'current')
    expect((await exchange(ACCEL, pathFor('inFolder'), PROXY, { dir })).headers['x-accel-redirect']).toBe(
      '/.tracks/sub%20dir/inside.mp3',
    )
    expect((await exchange(SENDFILE, pathFor('track1'), PROXY, { dir })).headers['x-sendfile']).toBe(
      join(dir, 'track1.mp3'),
    )
  })

  it('names the file for a link with terms that count nothing', async () => {
    const links = createLinks({ secret: SECRET, baseUrl: '/stream' })
    const { url } = links.createLink('track1', { expiresIn: 600, listener: 'u42', network: '127.0.0.1' })
    const { headers } = await exchange(ACCEL, url, PROXY, { links })
    expect(headers['x-accel-redirect']).toBe('/.tracks/track1.mp3')
    links.close()
  })

  it.each([
    ['uses', { uses: 1 }],
    ['a limit of streams', { streams: 1 }],
    ['a session', { playFor: 600 }],
  ])(
    'serves a link with %s itself, so that responses without a body count as nothing',
    async (_what, terms) => {
      const links = createLinks({ secret: SECRET, baseUrl: '/stream' })
      const { url } = links.createLink('track1', { expiresIn: 600, ...terms })
      async function statusOf(headers: Record<string, string>): Promise<number> {
        const answer = await exchange(ACCEL, url, { ...PROXY, ...headers }, { links })
        expect(answer.headers['x-accel-redirect']).toBeUndefined()
        return answer.status
      }
      expect(await statusOf({ Range: 'bytes=999999999-' })).toBe(416)
      expect(await statusOf({ 'If-None-Match': '*' })).toBe(304)
      expect(await statusOf({ 'If-Match': '"other"' })).toBe(412)
      expect(await statusOf({ Cookie: 'of=another listener' })).toBe(200)
      links.close()
    },
  )

  it.each([
    ['a forged link', '/stream/track1?expires=1&sig=00', 403],
    ['an expired link', pathFor('track1', inSeconds(-10)), 403],
    ['an absent track', pathFor('absent'), 404],
  ])('refuses %s with a text of its own', async (_what, path, status) => {
    const answer = await exchange(ACCEL, path)
    expect(answer.status).toBe(status)
    expect(answer.headers['x-accel-redirect']).toBeUndefined()
    expect(answer.body.length).toBeGreaterThan(0)
  })

  it('lets the proxy respond to HEAD', async () => {
    const { headers, status } = await exchange(ACCEL, pathFor('track1'), PROXY, { method: 'HEAD' })
    expect([status, headers['x-accel-redirect']]).toEqual([200, '/.tracks/track1.mp3'])
  })
})

describe('offload to a store', () => {
  const URL = 'https://store.example/bucket/track1?X-Amz-Signature=1'

  it('redirects to the URL, for no longer than the link lives', async () => {
    const asked: unknown[] = []
    function presign(id: string, { expiresIn }: { expiresIn: number }): string {
      asked.push([id, expiresIn])
      return URL
    }
    const short = await exchange({ kind: 'redirect', presign }, pathFor('track1', inSeconds(100)))
    expect([short.status, short.headers.location, short.body.length]).toEqual([302, URL, 0])
    expect(short.headers['cache-control']).toBe('private, no-store')
    expect(short.headers['access-control-allow-origin']).toBe('*')
    expect(short.completion).toMatchObject({ outcome: 'offloaded', status: 302 })
    await exchange({ kind: 'redirect', presign, maxExpiresIn: 50 }, pathFor('track1', inSeconds(100)))
    await exchange({ kind: 'redirect', presign }, pathFor('track1', inSeconds(100_000)))
    expect(asked).toEqual([
      ['track1', expect.closeTo(100, -1)],
      ['track1', 50],
      ['track1', 3600],
    ])
  })

  it.each<[string, () => unknown, number]>([
    ['no track', () => undefined, 404],
    ['a fault', () => Promise.reject(new Error('of the store')), 503],
    [
      'an exception',
      () => {
        throw new Error('of the app')
      },
      503,
    ],
    ['a path', () => '/track1', 503],
    ['another protocol', () => 'ftp://store.example/track1', 503],
    ['a second field', () => `${URL}\r\nSet-Cookie: a=b`, 503],
    ['no text', () => 7, 503],
  ])('becomes a refusal if presign gives %s', async (_what, presign, status) => {
    const answer = await exchange({ kind: 'redirect', presign: presign as () => string }, pathFor('track1'))
    expect([answer.status, answer.headers.location]).toEqual([status, undefined])
  })

  it.each([
    ['uses', { uses: 1 }],
    ['a limit of streams', { streams: 1 }],
    ['a session', { playFor: 600 }],
    ['a network', { network: '127.0.0.1' }],
  ])('serves a link with %s itself, as a URL of the store knows nothing of it', async (_what, terms) => {
    const links = createLinks({ secret: SECRET, baseUrl: '/stream' })
    const { url } = links.createLink('track1', { expiresIn: 600, ...terms })
    const presign = jest.fn(() => URL)
    const answer = await exchange({ kind: 'redirect', presign }, url, {}, { links })
    expect([answer.status, answer.body.equals(TRACK)]).toEqual([200, true])
    expect(presign).not.toHaveBeenCalled()
    links.close()
  })

  it('aborts presign when the client leaves', async () => {
    let onCall: ((signal: AbortSignal) => void) | undefined
    const called = new Promise<AbortSignal>(resolve => {
      onCall = resolve
    })
    const handler = createStreamHandler({
      path: '/stream',
      dir: tracks.path,
      secret: SECRET,
      offload: {
        kind: 'redirect',
        presign(_id, { signal }) {
          onCall?.(signal)
          return new Promise(() => undefined)
        },
      },
    })
    await using server = await listen(handler)
    const socket = connect(server.port, '127.0.0.1')
    socket.write(`GET ${pathFor('track1')} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const signal = await called
    socket.destroy()
    if (!signal.aborted) await once(signal, 'abort')
    expect(signal.aborted).toBe(true)
  })

  it('does not ask for a URL before the link is verified, and responds to HEAD itself', async () => {
    const presign = jest.fn(() => URL)
    expect((await exchange({ kind: 'redirect', presign }, '/stream/track1?expires=1&sig=00')).status).toBe(
      403,
    )
    const head = await exchange({ kind: 'redirect', presign }, pathFor('track1'), {}, { method: 'HEAD' })
    expect([head.status, head.headers['content-length']]).toEqual([200, String(TRACK.length)])
    expect(presign).not.toHaveBeenCalled()
  })
})

describe('the option offload', () => {
  function make(options: object): void {
    createStreamHandler({ dir: tracks.path, secret: SECRET, ...options })
  }

  it.each([
    [{ kind: 'x-accel-redirect', prefix: '/.tracks/' }],
    [{ kind: 'x-accel-redirect', prefix: '.tracks', proxyToken: TOKEN }],
    [{ kind: 'x-accel-redirect', prefix: '/a b/', proxyToken: TOKEN }],
    [{ kind: 'x-sendfile', proxyToken: 'short' }],
    [{ kind: 'x-sendfile', proxyToken: TOKEN, encodePath: 'yes' }],
    [{ kind: 'redirect' }],
    [{ kind: 'redirect', presign: () => '', maxExpiresIn: 0 }],
    [{ kind: 'sendfile', proxyToken: TOKEN }],
    ['x-sendfile'],
  ])('refuses %j', offload => {
    expect(() => {
      make({ offload })
    }).toThrow(/offload must be/)
  })

  it('names the option that it does not go with', () => {
    expect(() => {
      make({ offload: ACCEL, entityTag: 'content' })
    }).toThrow(/entityTag: 'content'/)
    const source = { open: () => undefined }
    expect(() => {
      make({ offload: SENDFILE, source, dir: undefined })
    }).toThrow(/needs tracks that are files/)
  })
})
