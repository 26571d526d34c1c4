/** A page of one origin plays from a server of another, as a browser really does it. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { makeEnder } from '../support/at-the-end'
import { makeWorkshop, type Workshop } from '../support/installed-program'
import { addEncoded, addLongRecording, addTracks, LONG, TRACKS } from '../support/recordings'
import { firstByte, seeks, startStreamServer, type StreamServer } from '../support/stream-server'
import { HOSTS, listen, type RunningServer } from '../support/server'
import { BROWSERS, type BrowserPage, type RunningBrowser } from './browsers'

jest.setTimeout(60_000)

const atTheEnd = makeEnder()

const PLAYER = readFileSync(join(__dirname, 'player.html'))
const [ID] = TRACKS
const WAVE = 'tide-in-full'

let tracks: Workshop
let pageServer: RunningServer

beforeAll(async () => {
  pageServer = await listen((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PLAYER)
  })
  atTheEnd(() => pageServer.close())
  tracks = makeWorkshop()
  atTheEnd(tracks.remove)
  addTracks(tracks)
  await addLongRecording(tracks)
  await addEncoded(tracks, `${WAVE}.wav`)
})

describe.each(BROWSERS)('%s', (browserName, launch) => {
  const atItsEnd = makeEnder()
  let browser: RunningBrowser

  beforeAll(async () => {
    browser = await launch()
    atItsEnd(() => browser.close())
  })

  describe.each(HOSTS)('a page of another origin, the router on %s', (_host, mount) => {
    let server: StreamServer
    let page: BrowserPage

    beforeAll(async () => {
      server = await startStreamServer(tracks.path, mount)
    })
    beforeEach(async () => {
      page = await browser.newPage()
      await page.goto(pageServer.origin)
    })
    afterEach(async () => {
      await page.close()
      await server.served()
    })
    afterAll(async () => {
      await server.close()
    })

    /** Calls a function of player.html. */
    function call<Result>(name: string, ...args: unknown[]): Promise<Result> {
      return page.evaluate<Result>(`${name}(${args.map(arg => JSON.stringify(arg)).join(', ')})`)
    }

    describe.each([
      ['without crossorigin', null],
      ['with crossorigin=anonymous', 'anonymous'],
    ])('%s', (_how, crossOrigin) => {
      it.each(TRACKS)('plays %s, and plays on from 40 s', async id => {
        const { duration } = await call<{ duration: number }>('play', server.url(id), crossOrigin)
        expect(duration).toBeGreaterThan(80)
        expect(await call('advance', 0.2)).toBeGreaterThan(0.2)
        expect(await call('seek', 40)).toBeCloseTo(40, 1)
        expect(await call('advance', 0.2)).toBeGreaterThan(40.2)
      })

      // Of a short MP3 all is in the browser's buffer before anyone can seek.
      it.each([
        [`${LONG}.mp3`, 1800, 20_000_000],
        [`${WAVE}.wav`, 75, 13_000_000],
      ])('asks for %s from %i s on by a range', async (name, seconds, byte) => {
        const [id = ''] = name.split('.')
        await call('play', server.url(id), crossOrigin)
        expect(await call('seek', seconds)).toBeCloseTo(seconds, 1)
        expect(await call('advance', 0.2)).toBeGreaterThan(seconds + 0.2)
        await page.close()

        const sought = seeks(await server.served())
        const { size } = statSync(tracks.file(name))
        expect(Math.max(...sought.map(({ range }) => firstByte(range) ?? 0))).toBeGreaterThan(byte)
        expect(sought.map(({ contentRange }) => contentRange?.split('/')[1])).toContain(`${size}`)
        // Chromium sends If-Range with the tag of the first answer, Firefox no condition.
        expect(sought.every(({ isConditional }) => isConditional)).toBe(browserName === 'Chromium')
      })

      it('gets a MediaError for a refused link', async () => {
        const forged = server.url(ID).replace(/sig=.{4}/, 'sig=0000')
        expect(await call('failure', forged, crossOrigin)).toEqual({ code: 4, position: 0 })
      })
    })

    it('hears more than silence in Web Audio, with crossorigin=anonymous', async () => {
      await call('play', server.url(ID), 'anonymous')
      expect(await call<number>('loudness')).toBeGreaterThan(0)
    })

    it('reads by fetch what it needs to know of a range', async () => {
      const { size } = statSync(tracks.file(`${ID}.mp3`))
      expect(await call('read', server.url(ID), { Range: 'bytes=100-199' })).toMatchObject({
        status: 206,
        byteLength: 100,
        headers: {
          'content-range': `bytes 100-199/${size}`,
          'content-length': '100',
          'accept-ranges': 'bytes',
          etag: expect.stringMatching(/^"[^"]+"$/) as string,
        },
      })
    })

    it('is allowed by a preflight to ask for the end of the version that it knows', async () => {
      const url = server.url(ID)
      const { headers } = await call<{ headers: { etag: string } }>('read', url, { Range: 'bytes=0-0' })
      const { size } = statSync(tracks.file(`${ID}.mp3`))
      const fields = { Range: 'bytes=-100', 'If-Range': headers.etag }
      expect(await call('read', url, fields)).toMatchObject({
        status: 206,
        byteLength: 100,
        headers: { 'content-range': `bytes ${size - 100}-${size - 1}/${size}` },
      })
      await page.close()
      const served = await server.served()
      expect(served.map(({ method, status }) => `${method} ${status}`)).toEqual([
        'GET 206',
        'OPTIONS 204',
        'GET 206',
      ])
    })

    it('reads by fetch the text of a refusal', async () => {
      const forged = server.url(ID).replace(/sig=.{4}/, 'sig=0000')
      expect(await call('read', forged, {})).toMatchObject({
        status: 403,
        byteLength: 'Signature invalide'.length,
      })
    })
  })
})
