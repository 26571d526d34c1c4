/** What browsers play by a signed link, and seek in. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { makeEnder } from '../players/at-the-end'
import { makeWorkshop, type Workshop } from '../players/program'
import { addEncoded, addTracks } from '../players/recordings'
import { startStreamServer, type StreamServer } from '../players/stream-server'
import { HOSTS, listen, type RunningServer } from '../support/server'
import { launchChromium } from './chromium'

jest.setTimeout(60_000)

const atTheEnd = makeEnder()
const PLAYER = readFileSync(join(__dirname, 'player.html'))
const ENCODED = ['m4a', 'm4b', 'mp4', 'aac', 'ogg', 'opus', 'flac', 'wav', 'webm'] as const

let tracks: Workshop
let browser: Browser
let page: Page
let pageServer: RunningServer
let server: StreamServer

beforeAll(async () => {
  browser = await launchChromium()
  atTheEnd(() => browser.close())
  pageServer = await listen((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PLAYER)
  })
  atTheEnd(() => pageServer.close())
  tracks = makeWorkshop()
  atTheEnd(tracks.remove)
  addTracks(tracks)
  for (const extension of ENCODED) await addEncoded(tracks, `as-${extension}.${extension}`)
  const [, mount] = HOSTS[0] ?? []
  if (mount === undefined) throw new Error('There is no host')
  server = await startStreamServer(tracks.path, mount)
  atTheEnd(() => server.close())
  page = await browser.newPage()
})

it.each(['morning-tide', ...ENCODED.map(extension => `as-${extension}`)])(
  'Chromium plays %s, and plays on from 40 s',
  async id => {
    await page.goto(pageServer.origin)
    const { duration } = await page.evaluate<{ duration: number }>(
      `play(${JSON.stringify(server.url(id))}, null)`,
    )
    expect(duration).toBeGreaterThan(80)
    expect(await page.evaluate<number>('advance(0.2)')).toBeGreaterThan(0.2)
    expect(await page.evaluate<number>('seek(40)')).toBeCloseTo(40, 0)
    expect(await page.evaluate<number>('advance(0.2)')).toBeGreaterThan(40)
  },
)
