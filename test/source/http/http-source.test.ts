import { httpSource, type HttpSourceOptions } from 'express-signed-stream/http'
import { Agent } from 'node:http'
import { once } from 'node:events'
import { createServer, Socket, type AddressInfo } from 'node:net'
import { eventually } from '../../support/eventually'
import { startFakeStore, type FakeStore, type Fault } from '../../support/fake-store'
import { contentOf, failureOf, openKnown, openTrack, readPrefix, readRange } from '../ranged/ranged'

const bytes = contentOf(5000)
const etag = '"e"'

let store: FakeStore
beforeEach(async () => {
  store = await startFakeStore()
  store.put('song.mp3', bytes, { etag })
})
afterEach(async () => {
  await store[Symbol.asyncDispose]()
})

function makeSource(options: Partial<HttpSourceOptions> = {}) {
  return httpSource({ url: id => store.urlOf(`${id}.mp3`), ...options })
}

describe('httpSource takes as URL', () => {
  it.each<[string, () => unknown]>([
    ['a string', () => store.urlOf('song.mp3')],
    ['a URL', () => new URL(store.urlOf('song.mp3'))],
    ['an object', () => ({ url: store.urlOf('song.mp3') })],
    ['an object with a URL', () => ({ url: new URL(store.urlOf('song.mp3')) })],
    ['a promise', () => Promise.resolve(store.urlOf('song.mp3'))],
    ['one with a fragment, which is not sent', () => `${store.urlOf('song.mp3')}#t=1`],
  ])('%s', async (_what, url) => {
    const track = await openKnown(makeSource({ url: url as HttpSourceOptions['url'] }), 'any')
    expect((await readPrefix(track))?.equals(bytes.subarray(0, 100))).toBe(true)
    expect(store.requests[0]?.url).toBe('/tracks/song.mp3')
  })

  it.each([undefined, null])('%p for no such track', async none => {
    expect(await openTrack(makeSource({ url: () => none }), 'any')).toBeUndefined()
    expect(store.requests).toEqual([])
  })

  it.each<[string, () => unknown, string]>([
    ['a file', () => 'file:///etc/passwd', 'http: or https:'],
    ['data', () => 'data:audio/mpeg,x', 'http: or https:'],
    ['a relative path', () => '/song.mp3', 'http: or https:'],
    ['an empty text', () => '', 'http: or https:'],
    ['a number', () => 3, 'http: or https:'],
    ['an object without url', () => ({ path: 'x' }), 'http: or https:'],
    ['a type that is not served', () => ({ url: store.urlOf('a'), type: 'text/html' }), 'an audio type'],
    ['a file name that is no text', () => ({ url: store.urlOf('a'), fileName: 3 }), 'fileName'],
    [
      'what throws',
      () => {
        throw new Error('no database')
      },
      'no database',
    ],
    ['what rejects', () => Promise.reject(new Error('no database')), 'no database'],
    [
      'an object with a type that is not served',
      () => ({ url: 'http://a/', type: 'text/html' }),
      'url must return an audio type that is served, got "text/html"',
    ],
  ])('not %s', async (_what, url, cause) => {
    const failure = await failureOf(openTrack(makeSource({ url: url as HttpSourceOptions['url'] }), 'any'))
    expect(failure).toMatchObject({ kind: 'unavailable', isDenied: false })
    expect(failure.causes).toContain(cause)
    expect(store.requests).toEqual([])
  })

  it('not what comes after resolveTimeout', async () => {
    const source = makeSource({ url: () => new Promise<never>(() => undefined), resolveTimeout: 10 })
    expect((await failureOf(openTrack(source, 'any'))).causes).toBe('url did not settle within 10 ms')
  })

  it('and keeps tracks by it, with the type only if the URL does not say it', async () => {
    const context = { signal: new AbortController().signal, grant: undefined }
    const source = makeSource({
      url: id => ({ url: `http://origin.example/${id}`, type: 'audio/wave', fileName: 'A.wav' }),
    })
    expect(await source.locate?.('a.mp3', context)).toEqual({
      key: 'http://origin.example/a.mp3',
      type: 'audio/wav',
      fileName: 'A.wav',
    })
    expect((await source.locate?.('a', context))?.key).not.toBe('http://origin.example/a')
  })
})

describe('httpSource chooses the media type', () => {
  it.each<[string, string, string, string | undefined]>([
    ['of the extension of the path', 'a.FLAC', 'application/octet-stream', 'audio/flac'],
    ['of the origin', 'a', 'audio/x-m4a; codecs=mp4a', 'audio/mp4'],
    ['or finds no track', 'a', 'text/html', undefined],
  ])('%s', async (_what, key, type, expected) => {
    store.put(key, bytes, { type })
    const track = await openTrack(makeSource({ url: () => `${store.urlOf(key)}?v=.mp3` }), 'any')
    expect(track?.type).toBe(expected)
  })

  it('of url if nothing else says it', async () => {
    store.put('a', bytes, { type: 'application/octet-stream' })
    const source = makeSource({ url: () => ({ url: store.urlOf('a'), type: 'audio/ogg' }) })
    expect(await openTrack(source, 'any')).toMatchObject({ type: 'audio/ogg' })
  })
})

describe('httpSource sends', () => {
  it('the fields of the app with each request, and asks for no compression', async () => {
    const headers = { Authorization: 'Bearer abc', Range: 'bytes=1-2', 'Accept-Encoding': 'gzip' }
    const track = await openKnown(makeSource({ headers }), 'song')
    await readPrefix(track)
    await readRange(track, 5, 9)
    expect(store.requests.map(request => request.headers)).toMatchObject([
      { authorization: 'Bearer abc', range: 'bytes=0-99', 'accept-encoding': 'identity' },
      { authorization: 'Bearer abc', range: 'bytes=5-9', 'accept-encoding': 'identity', 'if-match': etag },
    ])
  })

  it('what sign adds to each request, which it sees as a whole', async () => {
    const seen: unknown[] = []
    const source = makeSource({
      headers: { 'X-App': '1' },
      sign: ({ method, url, headers }) => {
        seen.push([method, url.pathname, headers])
        return Promise.resolve({
          url: `${url.href}?sig=${seen.length}`,
          headers: { 'X-Sig': 'a', range: 'none' },
        })
      },
    })
    const track = await openKnown(source, 'song')
    await readPrefix(track)
    await readRange(track, 5, 9)
    const own = { 'accept-encoding': 'identity', 'x-app': '1' }
    expect(seen).toEqual([
      ['GET', '/tracks/song.mp3', { ...own, range: 'bytes=0-99' }],
      ['GET', '/tracks/song.mp3', { ...own, range: 'bytes=5-9', 'if-match': etag }],
    ])
    expect(store.requests.map(({ url, headers }) => [url, headers['x-sig'], headers.range])).toEqual([
      ['/tracks/song.mp3?sig=1', 'a', 'bytes=0-99'],
      ['/tracks/song.mp3?sig=2', 'a', 'bytes=5-9'],
    ])
  })

  it.each<[string, NonNullable<HttpSourceOptions['sign']>, string]>([
    [
      'throws',
      () => {
        throw new Error('no key')
      },
      'no key',
    ],
    ['rejects', () => Promise.reject(new Error('no key')), 'no key'],
    ['goes to another origin', () => ({ url: 'http://127.0.0.1:1/' }), 'same origin'],
    ['returns what is not a URL', () => ({ url: 'x' }), 'same origin'],
    ['returns a field that cannot be sent', () => ({ headers: { a: 'x\r\nb: y' } }), 'Invalid character'],
  ])('nothing if sign %s', async (_what, sign, cause) => {
    const failure = await failureOf(openTrack(makeSource({ sign }), 'song'))
    expect(failure.kind).toBe('unavailable')
    expect(failure.causes).toContain(cause)
    expect(store.requests).toEqual([])
  })

  it('nothing once it is aborted while sign has not settled', async () => {
    const controller = new AbortController()
    let called = false
    function sign(): Promise<never> {
      called = true
      return new Promise<never>(() => undefined)
    }
    const opening = openTrack(makeSource({ sign }), 'song', { signal: controller.signal })
    await eventually(() => called, 'sign is called')
    controller.abort(new Error('nobody waits'))
    await expect(opening).rejects.toThrow('nobody waits')
    expect(store.requests).toEqual([])
  })
})

describe('httpSource follows', () => {
  function redirectTo(location: string, status = 302): Fault {
    return { status, headers: { location } }
  }

  it.each([301, 302, 303, 307, 308])('a redirect by %d to the same origin, with all fields', async status => {
    store.put('new.mp3', bytes, { etag })
    store.everyFault = undefined
    store.faults.push(redirectTo('/tracks/new.mp3', status))
    const track = await openKnown(makeSource({ headers: { authorization: 'x' } }), 'song')
    expect((await readPrefix(track))?.equals(bytes.subarray(0, 100))).toBe(true)
    expect(store.requests[1]).toMatchObject({
      key: 'new.mp3',
      headers: { range: 'bytes=0-99', authorization: 'x' },
    })
  })

  it('three redirects, and no fourth', async () => {
    const again = redirectTo('song.mp3')
    store.faults.push(again, again, again)
    await expect(openTrack(makeSource(), 'song')).resolves.toMatchObject({ size: 5000 })
    store.faults.push(again, again, again, again)
    expect(await failureOf(openTrack(makeSource(), 'song'))).toMatchObject({
      isPermanent: true,
      causes: 'Cannot use this store: It redirects more than 3 times',
    })
  })

  it.each([
    ['another port', 'http://127.0.0.1:1/x', 'http://127.0.0.1:1'],
    ['another host', 'http://localhost/x', 'http://localhost'],
    ['another protocol', 'https://127.0.0.1/x', 'https://127.0.0.1'],
    ['a file', 'file:///etc/passwd', 'null'],
    ['what is not a URL', 'http://[', 'what is not a URL'],
  ])('no redirect to %s', async (_what, location, named) => {
    store.everyFault = redirectTo(location)
    const failure = await failureOf(openTrack(makeSource(), 'song'))
    expect(failure).toMatchObject({ kind: 'unavailable', isDenied: false, isPermanent: true })
    expect(failure.causes).toContain(`from ${store.origin} to ${named}`)
    expect(store.count()).toBe(1)
  })
})

describe('httpSource without entity tags', () => {
  const noTag = { etag: undefined }

  it('pins a version by a date that is older than the response', async () => {
    store.everyFault = { headers: noTag }
    const source = makeSource()
    const track = await openKnown(source, 'song')
    expect(track.etag).toBe('"date-695735a5-1388"')
    await readPrefix(track)
    expect((await readRange(track, 5, 9)).equals(bytes.subarray(5, 10))).toBe(true)
    expect(store.requests[1]?.headers['if-unmodified-since']).toBe('Fri, 02 Jan 2026 03:04:05 GMT')
    expect(await openTrack(source, 'song', { known: track })).toBe(track)
    store.put('song.mp3', contentOf(5000, 2), { lastModified: new Date('2026-01-02T03:04:06Z') })
    expect(await failureOf(readRange(track, 5, 9))).toMatchObject({ kind: 'changed' })
    store.everyFault = { headers: noTag, ignoresConditions: true }
    expect(await failureOf(readRange(track, 5, 9))).toMatchObject({ kind: 'changed' })
  })

  it.each<[string, Record<string, string | undefined>]>([
    ['of the same second', { ...noTag, date: 'Fri, 02 Jan 2026 03:04:05 GMT' }],
    ['that is malformed', { ...noTag, 'last-modified': 'yesterday' }],
    ['beside a weak tag', { etag: 'W/"1"' }],
  ])('does not rely on a date %s', async (_what, headers) => {
    store.everyFault = { headers }
    const failure = await failureOf(openTrack(makeSource(), 'song'))
    expect(failure.causes).toContain('no strong validator')
  })
})

describe('httpSource connects', () => {
  it('by the agent of the app', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const track = await openKnown(makeSource({ agent }), 'song')
    await readPrefix(track)
    await Promise.all([readRange(track, 0, 9), readRange(track, 10, 19), readRange(track, 20, 29)])
    expect(store.openSockets()).toBe(1)
    agent.destroy()
  })

  it('within a second, or not at all', async () => {
    const agent = new Agent()
    const socket = new Socket()
    Object.defineProperty(socket, 'connecting', { value: true })
    agent.createConnection = () => socket
    const failure = await failureOf(openTrack(makeSource({ agent }), 'song'))
    expect(failure).toMatchObject({
      kind: 'unavailable',
      causes: 'Cannot connect to the origin within 1000 ms',
    })
    expect(socket.destroyed).toBe(true)
  })

  it('and fails if the origin changes to another protocol', async () => {
    const origin = createServer(socket => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    })
    origin.listen(0, '127.0.0.1')
    await once(origin, 'listening')
    const { port } = origin.address() as AddressInfo
    const source = makeSource({ url: () => `http://127.0.0.1:${port}/` })
    expect(await failureOf(openTrack(source, 'song'))).toMatchObject({
      kind: 'unavailable',
      causes: 'The origin closed the connection without a response',
    })
    origin.close()
  })

  it('not for a request that is aborted while it waits for a connection', async () => {
    const agent = new Agent({ maxSockets: 1 })
    store.faults.push({ isSilent: true })
    const first = new AbortController()
    const second = new AbortController()
    const source = makeSource({ agent })
    const openings = [first, second].map(({ signal }) => openTrack(source, 'song', { signal }))
    await eventually(() => store.requests.length === 1, 'the store has the first request')
    second.abort(new Error('second left'))
    await expect(openings[1]).rejects.toThrow('second left')
    first.abort(new Error('first left'))
    await expect(openings[0]).rejects.toThrow('first left')
    await eventually(() => store.openSockets() === 0, 'no connection is open')
    expect(store.count()).toBe(1)
  })
})

describe('httpSource rejects', () => {
  it.each<[string, object]>([
    ['url is missing', { url: undefined }],
    ['url must be a function (id, { signal, grant }) => url, got "http://a/"', { url: 'http://a/' }],
    ['headers must be an object of header fields, got the field "a b" with', { headers: { 'a b': '1' } }],
    ['headers must be an object of header fields, got the field "a" with', { headers: { a: 'x\ny' } }],
    ['headers must be an object of header fields, got the field "a" with', { headers: { a: 1 } }],
    ['sign must be a function (request) => ({ headers }), got true', { sign: true }],
    ['agent must be an Agent of node:http or node:https, got a value of type object', { agent: {} }],
    ['resolveTimeout must be a whole number of milliseconds, 0 or more, got -1', { resolveTimeout: -1 }],
    [
      'timeouts must be an object with some of firstByte, idle, total, got the unknown field "head"',
      { timeouts: { head: 1 } },
    ],
    ['unknown option "base", known are', { base: 'http://a/' }],
  ])('an option by its name: %s', (message, options) => {
    expect(() => makeSource(options)).toThrow(message)
  })
})
