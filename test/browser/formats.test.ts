/** What browsers play by a signed link, and seek in. */
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeEnder } from '../support/at-the-end'
import { makeWorkshop, type Workshop } from '../support/installed-program'
import { DIRECTORY_SOURCES } from '../support/directory-sources'
import { addCopied, addEncoded } from '../support/recordings'
import { startStreamServer, type StreamServer } from '../support/stream-server'
import { listen, type RunningServer } from '../support/server'
import { BROWSERS, type BrowserPage } from './browsers'
import { openForEachTest } from './each-page'

// Encoding takes its time where the machine is busy.
jest.setTimeout(120_000)

const atTheEnd = makeEnder()
const PLAYER = readFileSync(join(__dirname, 'player.html'))

/** Extensions; each file holds the same music. */
const PLAYED = ['mp3', 'm4a', 'm4b', 'mp4', 'aac', 'ogg', 'oga', 'opus', 'flac', 'wav', 'webm', 'weba', 'mka']

/** What is served, and neither browser can play. */
const REFUSED = [
  ['aif', 'neither reads AIFF'],
  ['aiff', 'neither reads AIFF'],
  ['caf', 'neither reads CAF'],
  ['alac', 'neither decodes Apple Lossless'],
]

let tracks: Workshop
let pageServer: RunningServer
let server: StreamServer
/** By the name of the source; each serves the same files. */
const servers = new Map<string, StreamServer>()

beforeAll(async () => {
  pageServer = await listen((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PLAYER)
  })
  atTheEnd(() => pageServer.close())
  tracks = makeWorkshop()
  atTheEnd(tracks.remove)
  await addRecordings()
  server = await startStreamServer(tracks.path)
  atTheEnd(() => server.close())
  for (const [name, open] of DIRECTORY_SOURCES) {
    const opened = await open(tracks.path)
    atTheEnd(() => opened[Symbol.asyncDispose]())
    const fromSource = await startStreamServer(opened.source)
    atTheEnd(() => fromSource.close())
    servers.set(name, fromSource)
  }
})

async function addRecordings(): Promise<void> {
  await addEncoded(tracks, 'as-mp3.mp3', '-c', 'copy')
  for (const name of ['as-m4a.m4a', 'as-ogg.ogg', 'as-opus.opus', 'as-flac.flac', 'as-wav.wav'])
    await addEncoded(tracks, name)
  for (const name of ['as-m4b.m4b', 'as-mp4.mp4', 'as-aac.aac']) await addCopied(tracks, 'as-m4a.m4a', name)
  for (const name of ['as-webm.webm', 'as-mka.mka']) await addCopied(tracks, 'as-opus.opus', name)
  cpSync(tracks.file('as-webm.webm'), tracks.file('as-weba.weba'))
  await addCopied(tracks, 'as-flac.flac', 'as-oga.oga')

  for (const name of ['as-aif.aif', 'as-aiff.aiff', 'as-caf.caf']) await addEncoded(tracks, name)
  await addEncoded(tracks, 'as-alac.m4a', '-c:a', 'alac')
}

describe.each(BROWSERS)('%s', (_name, launch) => {
  let page: BrowserPage

  openForEachTest(launch, opened => {
    page = opened
    return page.goto(pageServer.origin)
  })
  afterEach(async () => {
    for (const each of [server, ...servers.values()]) await each.served()
  })

  async function playsFrom(from: StreamServer | undefined, extension: string): Promise<void> {
    const url = JSON.stringify(from?.url(`as-${extension}`))
    const { duration } = await page.evaluate<{ duration: number }>(`play(${url}, null)`)
    expect(duration).toBeGreaterThan(80)
    expect(await page.evaluate<number>('advance(0.2)')).toBeGreaterThan(0.2)
    expect(await page.evaluate<number>('seek(40)')).toBeCloseTo(40, 0)
    expect(await page.evaluate<number>('advance(0.2)')).toBeGreaterThan(40)
  }

  it.each(PLAYED)('plays %s, and plays on from 40 s', async extension => {
    await playsFrom(server, extension)
  })

  describe.each(DIRECTORY_SOURCES)('from %s', name => {
    it.each(PLAYED)('plays %s, and plays on from 40 s', async extension => {
      await playsFrom(servers.get(name), extension)
    })
  })

  it.each(REFUSED)('is sent %s, and refuses it: %s', async what => {
    const url = JSON.stringify(server.url(`as-${what}`))
    expect(await page.evaluate(`failure(${url}, null)`)).toEqual({ code: 4, position: 0 })
    await page.close()
    const served = await server.served()
    expect(served.map(({ status }) => status)).toContain(206)
  })
})
