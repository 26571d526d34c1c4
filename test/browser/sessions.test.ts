/** Browsers that listen on after the expiry of their link, because they began before it; without the client module. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { RequestListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createLinks, STREAM_CHANNELS, type Links, type TermOptions } from 'express-signed-stream'
import { makeEnder } from '../support/at-the-end'
import { makeWorkshop, runWell, type Workshop } from '../support/installed-program'
import { addEncoded, addLongRecording, LONG } from '../support/recordings'
import { firstByte, startStreamServer, type Served, type StreamServer } from '../support/stream-server'
import { listen, type RunningServer } from '../support/server'
import { SECRET } from '../support/tracks'
import { BROWSERS, BROWSERS_OVER_TLS, type BrowserPage } from './browsers'
import { makeCertificate, type Certificate } from './certificate'
import { openForEachTest } from './each-page'
import { addSlowLine } from './slow-line'
import { launchWebKit } from './webkit'

jest.setTimeout(90_000)

const atTheEnd = makeEnder()

const PLAYER = readFileSync(join(__dirname, 'player.html'))
const NOW = 1_800_000_000
/** Seconds of the track: far from what a browser has when it begins. */
const FAR = 1800
const LONG_M4A = 'long-tide-m4a'
const WAVE = 'tide-as-wave'
/** Bytes in a second: the index of the long recordings comes in half of one, all of them not before a test has ended. */
const LINE = 1_500_000
/** Less than twice what a wave file is played at, so that little of it is in a buffer. */
const NARROW_LINE = 300_000

let tracks: Workshop
let certificate: Certificate
let now = NOW
/** Whether the link expires as soon as its first bytes are sent. */
let expiresOnceBegun = true
let count = 0

beforeAll(async () => {
  tracks = makeWorkshop()
  atTheEnd(tracks.remove)
  await addLongRecording(tracks)
  await addEncoded(tracks, 'short.m4a')
  const loop = [
    '-v',
    'error',
    '-stream_loop',
    '39',
    '-i',
    'short.m4a',
    '-c',
    'copy',
    '-movflags',
    '+faststart',
  ]
  await runWell('ffmpeg', [...loop, `${LONG_M4A}.m4a`], { cwd: tracks.path })
  await addEncoded(tracks, `${WAVE}.wav`)
  certificate = await makeCertificate()
  subscribe(STREAM_CHANNELS.request, passExpiry)
  atTheEnd(() => unsubscribe(STREAM_CHANNELS.request, passExpiry))
})
beforeEach(() => {
  now = NOW
  expiresOnceBegun = true
})

function passExpiry(): void {
  if (expiresOnceBegun) now = NOW + 301
}

/** A router, and a page at the same origin and at another port. */
interface Place {
  readonly links: Links
  readonly server: StreamServer
  readonly pageServer: RunningServer
  readonly close: () => Promise<void>
}

type Listen = typeof listen

async function open(address: boolean, start: Listen = listen): Promise<Place> {
  const links = createLinks({ secret: SECRET, now: () => now, sessions: { address } })
  function showPlayer(...[, res]: Parameters<RequestListener>): void {
    res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PLAYER)
  }
  const server = await startStreamServer(tracks.path, undefined, {
    links,
    listen: handler =>
      start((req, res) => {
        if (req.url === '/revoke') revoke(res)
        else if (req.url?.startsWith('/stream/') === true) handler(req, res)
        else showPlayer(req, res)
      }),
  })
  function revoke(res: Parameters<RequestListener>[1]): void {
    void links.revoke({ listener: 'u42' }).then(({ streams }) => res.end(JSON.stringify(streams)))
  }
  const pageServer = await start(showPlayer)
  async function close(): Promise<void> {
    await pageServer.close()
    await server.close()
  }
  return { links, server, pageServer, close }
}

async function listenOverTls(handler: RequestListener): Promise<RunningServer> {
  // It has what a test needs of a server of node:http.
  const server = createTlsServer(certificate, handler) as unknown as Server
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  async function close(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { port, origin: `https://127.0.0.1:${port}`, server, close, [Symbol.asyncDispose]: close }
}

function path({ links }: Place, id: string, terms: TermOptions = { playFor: '4h' }): string {
  count += 1
  return `/stream${links.createLink(id, { expiresIn: 300, linkId: `link-${count}`, ...terms }).url}`
}

/** Calls a function of player.html. */
function call<Result>(page: BrowserPage, name: string, ...args: unknown[]): Promise<Result> {
  return page.evaluate<Result>(`${name}(${args.map(arg => JSON.stringify(arg)).join(', ')})`)
}

/** The requests after the one with which it began; that may end after them. */
function later(served: readonly Served[]): readonly Served[] {
  const begun = served.findIndex(
    ({ status, hasCookie, range }) => status < 300 && !hasCookie && (firstByte(range) ?? 0) === 0,
  )
  expect(begun).not.toBe(-1)
  return served.toSpliced(begun, 1)
}

/** Plays, seeks far ahead, and plays on there, by requests with a cookie or without. */
async function expectToContinue(
  page: BrowserPage,
  { server }: Place,
  url: string,
  crossOrigin: string | null,
  hasCookie: boolean,
): Promise<void> {
  await call(page, 'play', url, crossOrigin)
  expect(now).toBe(NOW + 301)
  expect(await call(page, 'seek', FAR)).toBeCloseTo(FAR, 0)
  expect(await call(page, 'advance', 0.2)).toBeGreaterThan(FAR + 0.1)
  await page.close()
  const others = later(await server.served())
  expect(Math.max(...others.map(({ range }) => firstByte(range) ?? 0))).toBeGreaterThan(10_000_000)
  expect(others.map(({ status }) => status)).toEqual(others.map(() => 206))
  expect(others.map(cookie => cookie.hasCookie)).toEqual(others.map(() => hasCookie))
}

async function expectToFail(
  page: BrowserPage,
  { server }: Place,
  url: string,
  crossOrigin: string | null,
): Promise<void> {
  // WebKitGTK does not play at all: its second and third request are part of the start.
  const isPlaying = await page.evaluate<boolean>(
    `play(${JSON.stringify(url)}, ${JSON.stringify(crossOrigin)}).then(() => true, () => false)`,
  )
  const { code } = await page.evaluate<{ code: number }>(
    isPlaying ? `fails(() => { audio.currentTime = ${FAR} })` : 'fails(() => {})',
  )
  expect(code).toBe(isPlaying ? 2 : 4)
  await page.close()
  const others = later(await server.served())
  expect(new Set(others.map(each => each.code))).toEqual(new Set(['SIGNATURE_EXPIRED']))
}

describe.each([...BROWSERS, ['WebKit', launchWebKit] as const])('%s over http', (name, launch) => {
  const atItsEnd = makeEnder()
  let page: BrowserPage

  openForEachTest(launch, opened => {
    page = opened
  })

  describe.each([true, false])('if the address counts: %p', address => {
    let place: Place
    /** Of the router, and of the page that is served beside it. */
    let origin: string
    let otherPort: string
    let otherSite: string

    beforeAll(async () => {
      place = await open(address)
      const line = await addSlowLine(place.server.origin, LINE)
      ;({ origin } = line)
      otherPort = place.pageServer.origin
      otherSite = `http://localhost:${place.pageServer.port}`
      atItsEnd(place.close)
      atItsEnd(line.close)
    })
    afterEach(async () => {
      await page.close()
      await place.server.served()
    })

    // In an mp3, WebKitGTK reads on until it is where it seeks.
    it.each(name === 'WebKit' ? [LONG_M4A] : [LONG_M4A, LONG])(
      'seeks in %s after the expiry at the same origin, by a cookie',
      async id => {
        await page.goto(origin)
        await expectToContinue(page, place, origin + path(place, id), null, true)
      },
    )

    it('seeks at the same origin with crossorigin=anonymous, by a cookie', async () => {
      await page.goto(origin)
      await expectToContinue(page, place, origin + path(place, LONG_M4A), 'anonymous', true)
    })

    it('seeks at another port, by a cookie', async () => {
      await page.goto(otherPort)
      await expectToContinue(page, place, origin + path(place, LONG_M4A), null, true)
    })

    it('seeks at another port with crossorigin=anonymous, by the address alone', async () => {
      await page.goto(otherPort)
      const url = origin + path(place, LONG_M4A)
      if (address) await expectToContinue(page, place, url, 'anonymous', false)
      else await expectToFail(page, place, url, 'anonymous')
    })

    it('seeks at another site, by the address alone', async () => {
      await page.goto(otherSite)
      const url = origin + path(place, LONG_M4A)
      if (address) await expectToContinue(page, place, url, null, false)
      // Without crossorigin, Chromium tries for half a minute.
      else await expectToFail(page, place, url, 'anonymous')
    })

    it('does not seek by a link without playFor', async () => {
      await page.goto(origin)
      await expectToFail(page, place, origin + path(place, LONG_M4A, {}), null)
    })

    it('does not begin after the expiry', async () => {
      await page.goto(origin)
      const url = origin + path(place, LONG_M4A)
      now = NOW + 301
      expect(await call(page, 'failure', url, null)).toEqual({ code: 4, position: 0 })
      await page.close()
      const codes = (await place.server.served()).map(({ code }) => code)
      expect(new Set(codes)).toEqual(new Set(['SIGNATURE_EXPIRED']))
    })
  })

  // WebKitGTK makes no request after a cut, and shows no error.
  if (name !== 'WebKit') {
    it('stops after what it has when the link is revoked', async () => {
      expiresOnceBegun = false
      const place = await open(true)
      atItsEnd(place.close)
      const line = await addSlowLine(place.server.origin, NARROW_LINE)
      atItsEnd(line.close)
      await page.goto(line.origin)
      await call(page, 'play', line.origin + path(place, WAVE, { listener: 'u42' }), null)
      await call(page, 'advance', 0.5)
      const { code, position } = await page.evaluate<{ code: number; position: number }>(
        `fails(() => fetch('/revoke'))`,
      )
      expect(code).toBe(2)
      expect(position).toBeLessThan(30)
      await page.close()
      const served = await place.server.served()
      expect(served.filter(({ code: reason }) => reason === 'LINK_REVOKED').length).toBeGreaterThan(0)
      expect(served.filter(({ outcome }) => outcome === 'revoked')).toHaveLength(1)
    })
  }
})

describe.each(BROWSERS_OVER_TLS)('%s over https', (_name, launch) => {
  const atItsEnd = makeEnder()
  let page: BrowserPage
  let place: Place

  beforeAll(async () => {
    place = await open(false, listenOverTls)
    atItsEnd(place.close)
  })
  openForEachTest(
    () => launch(certificate.keyHash),
    opened => {
      page = opened
    },
  )
  afterEach(() => place.server.served())

  it.each([LONG_M4A, LONG])('seeks in %s at another site, by a cookie', async id => {
    await page.goto(`https://localhost:${place.pageServer.port}`)
    await expectToContinue(page, place, place.server.origin + path(place, id), null, true)
  })

  it('seeks at the same origin, by a cookie', async () => {
    await page.goto(place.server.origin)
    await expectToContinue(page, place, place.server.origin + path(place, LONG), null, true)
  })

  it('does not seek at another site with crossorigin=anonymous', async () => {
    await page.goto(`https://localhost:${place.pageServer.port}`)
    await expectToFail(page, place, place.server.origin + path(place, LONG), 'anonymous')
  })
})
