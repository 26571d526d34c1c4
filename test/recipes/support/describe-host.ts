/** What a listener and the app notice of a host, over real sockets: the same for every recipe of a server. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createLinks } from 'express-signed-stream'
import { ask, connectTo, rawGet, type Answer } from '../../support/client'
import { eventually } from '../../support/eventually'
import { SECRET, TRACK } from '../../support/tracks'
import { startRecipe, type RunningRecipe, type Start } from './start-recipe'

export interface HostRecipe extends Start {
  /** Where tracks are, as a client sees it. @defaultValue '/stream' */
  readonly base?: string
  /** Where the app is. @defaultValue '/' */
  readonly home?: string
  /** Whether it takes the address of clients from the proxy on this machine. @defaultValue true */
  readonly isBehindProxy?: boolean
  /** Whether the host holds each response as a whole, so that no client can leave one in progress. @defaultValue false */
  readonly isBuffered?: boolean
  /** Started between the clients and the recipe. */
  readonly front?: (port: number) => Promise<AsyncDisposable & { readonly port: number }>
}

const LISTENER = '203.0.113.7'
const STRANGER = '198.51.100.1'
const ABORTED = 5

export function describeHost(recipe: HostRecipe): void {
  const { base = '/stream', home = '/', isBehindProxy = true, isBuffered = false, front } = recipe
  const links = createLinks({ secret: SECRET, baseUrl: base })
  let running: RunningRecipe
  let port: number
  const started: AsyncDisposable[] = []

  beforeAll(async () => {
    running = await startRecipe(recipe)
    started.push(running)
    port = running.port
    if (front === undefined) return
    const proxy = await front(port)
    started.unshift(proxy)
    port = proxy.port
  })
  afterAll(async () => {
    for (const each of started) await each[Symbol.asyncDispose]()
  })

  function linkTo(id: string, network?: string): string {
    return links.createLink(id, { expiresIn: '10m', ...(network !== undefined && { network }) }).url
  }
  function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return ask(port, path, { headers })
  }

  it('signs links by a route of the app, which give the whole track', async () => {
    const signed = await get(`${home}play/track1`)
    expect(signed.status).toBe(200)
    const { url } = JSON.parse(signed.body.toString()) as { url: string }
    const { status, headers, body } = await get(url)
    expect({ status, isWhole: body.equals(TRACK) }).toEqual({ status: 200, isWhole: true })
    expect(headers).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-length': String(TRACK.length),
      'accept-ranges': 'bytes',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    })
  })

  it('gives 206 and the bytes of a range', async () => {
    const { status, headers, body } = await get(linkTo('track1'), { range: 'bytes=1000-200999' })
    expect({ status, isRange: body.equals(TRACK.subarray(1000, 201_000)) }).toEqual({
      status: 206,
      isRange: true,
    })
    expect(headers).toMatchObject({
      'content-range': `bytes 1000-200999/${TRACK.length}`,
      'content-length': '200000',
    })
  })

  it('gives several ranges in one response', async () => {
    const { status, headers, body } = await get(linkTo('track1'), { range: 'bytes=0-9,1000-1009' })
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 206,
      type: expect.stringMatching(/^multipart\/byteranges; boundary=/) as unknown,
    })
    expect(body.includes(TRACK.subarray(0, 10)) && body.includes(TRACK.subarray(1000, 1010))).toBe(true)
  })

  it('gives HEAD the fields of the whole track, and no body', async () => {
    const { status, headers, body } = await ask(port, linkTo('track1'), { method: 'HEAD' })
    expect({ status, length: headers['content-length'], body: body.length }).toEqual({
      status: 200,
      length: String(TRACK.length),
      body: 0,
    })
  })

  it('gives 304 to a client that has the track', async () => {
    const link = linkTo('track1')
    const { headers } = await ask(port, link, { method: 'HEAD' })
    const again = await get(link, { 'if-none-match': headers.etag ?? '' })
    expect({ status: again.status, body: again.body.length }).toEqual({ status: 304, body: 0 })
  })

  it('gives 416 with the size for a range behind the end', async () => {
    const { status, headers } = await get(linkTo('track1'), { range: `bytes=${TRACK.length}-` })
    expect({ status, range: headers['content-range'] }).toEqual({
      status: 416,
      range: `bytes */${TRACK.length}`,
    })
  })

  it('gives 403 for a link that was changed, without a byte of the track', async () => {
    const link = linkTo('track1').replace(/.$/, digit => (digit === '0' ? '1' : '0'))
    const { status, headers, body } = await get(link)
    expect({ status, body: body.toString(), caching: headers['cache-control'] }).toEqual({
      status: 403,
      body: 'Signature invalide',
      caching: 'no-store',
    })
  })

  it('gives 404 for a track that is not there', async () => {
    const { status, body } = await get(linkTo('nowhere'))
    expect({ status, body: body.toString() }).toEqual({ status: 404, body: 'Fichier non trouvé' })
  })

  it('lets pages of other origins request ranges', async () => {
    const { status, headers } = await ask(port, `${base}/track1`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://player.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'range',
      },
    })
    expect(status).toBe(204)
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET,HEAD',
      'access-control-allow-headers': expect.stringContaining('Range') as unknown,
    })
  })

  if (isBehindProxy) {
    it('takes the address of the listener from the proxy, and from no client', async () => {
      const link = linkTo('track1', LISTENER)
      const statuses = await Promise.all(
        [LISTENER, `${STRANGER}, ${LISTENER}`, `${LISTENER}, ${STRANGER}`].map(
          async addresses => (await get(link, { 'x-forwarded-for': addresses })).status,
        ),
      )
      expect(statuses).toEqual([200, 200, 403])
    })
  }

  if (!isBuffered) {
    it('closes the file and the connection when a client disconnects, and serves on', async () => {
      const link = linkTo('long')
      await get(link, { range: 'bytes=0-0' })
      const before = await eventually(() => {
        const held = running.descriptors()
        return held.tracks <= 2 && held
      }, 'only the cache holds tracks')
      const sockets = Array.from({ length: ABORTED }, () => connectTo(port, rawGet(link)))
      await Promise.all(sockets.map(socket => once(socket, 'data')))
      for (const socket of sockets) socket.destroy()
      await eventually(() => {
        const { sockets: held, tracks } = running.descriptors()
        return held <= before.sockets && tracks <= before.tracks
      }, 'all that the downloads held is closed')
      const { body } = await get(linkTo('track1'))
      expect(body.equals(TRACK)).toBe(true)
    })
  }

  it('leaves all other paths to the app', async () => {
    const [page, missing] = await Promise.all([get(home), get(`${home}missing`)])
    expect({ status: page.status, isOfApp: page.body.includes('Hello') }).toEqual({
      status: 200,
      isOfApp: true,
    })
    expect({
      status: missing.status,
      isOurs: missing.body.equals(Buffer.from('Fichier non trouvé')),
    }).toEqual({
      status: 404,
      isOurs: false,
    })
  })

  it('refuses to sign what is no id', async () => {
    const { status } = await get(`${home}play/no%20id`)
    expect(status).toBe(400)
  })

  it('has lived through all of it, and reports no error', async () => {
    expect(await running.kill()).toBe('')
  })
}
