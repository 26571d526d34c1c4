/** What the demo's page gives away, and what it says where something is missing. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { makeEnder } from '../support/at-the-end'
import { buildDemo, type BuiltDemo, type DemoProcess } from './built-demo'
import { launchChromium } from './chromium'

jest.setTimeout(120_000)

const TRACK = join(__dirname, '../../audio/morning-tide.mp3')
const atTheEnd = makeEnder()

let built: BuiltDemo
let browser: Browser

beforeAll(async () => {
  built = await buildDemo()
  atTheEnd(built.remove)
  browser = await launchChromium()
  atTheEnd(() => browser.close())
})

async function open(demo: DemoProcess): Promise<Page> {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  await page.goto(`${demo.origin}/`)
  return page
}

describe('what is taken elsewhere', () => {
  const atItsEnd = makeEnder()
  let demo: DemoProcess
  let page: Page

  beforeAll(async () => {
    demo = await built.start()
    atItsEnd(demo.stop)
    page = await open(demo)
    atItsEnd(() => page.context().close())
  })

  async function clipboard(): Promise<string> {
    return page.evaluate<string>('navigator.clipboard.readText()')
  }

  it('is a link that plays, and says nothing of this page', async () => {
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByText('Link copied').waitFor()
    const link = await clipboard()
    expect(link).toMatch(/\/stream\/evening-lanterns\?expires=\d+&terms=[\w.-]+&sig=[0-9a-f]{64}$/)
    const name = await page.evaluate<string>(`import('./server.js').then(server => server.page)`)
    expect(link).not.toContain(name.slice(0, 8))
    expect((await fetch(link)).status).toBe(200)
  })

  it('is a command that asks for a range', async () => {
    await page.getByRole('button', { name: 'Copy curl' }).click()
    await page.getByText('Command copied').waitFor()
    const directory = mkdtempSync(join(tmpdir(), 'curl-'))
    const { stdout } = await promisify(execFile)('sh', ['-c', await clipboard()], { cwd: directory })
    expect(stdout).toMatch(/^HTTP\/1\.1 206 /)
    expect(statSync(join(directory, 'part.audio')).size).toBe(1024)
    rmSync(directory, { recursive: true })
  })

  it('is a file of its name, byte for byte', async () => {
    await page.getByRole('button', { name: 'Play Morning tide' }).click()
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download', exact: true }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe('morning-tide.mp3')
    expect(readFileSync(await download.path()).equals(readFileSync(TRACK))).toBe(true)
  })

  it('lives as long as the listener chooses', async () => {
    await page.getByRole('combobox', { name: 'New links are valid for' }).selectOption('1 minute')
    await page.locator('#left', { hasText: /^0:5/ }).waitFor()
  })
})

/** A WAV file of so many bytes: 8 kHz, 8 bits, one channel. */
function silence(size: number): Buffer {
  const file = Buffer.alloc(size, 0x80)
  file.write('RIFF', 0)
  file.writeUInt32LE(size - 8, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(8000, 24)
  file.writeUInt32LE(8000, 28)
  file.writeUInt16LE(1, 32)
  file.writeUInt16LE(8, 34)
  file.write('data', 36)
  file.writeUInt32LE(size - 44, 40)
  return file
}

it('keeps the volume and the speed when another track is chosen', async () => {
  const demo = await built.start()
  const page = await open(demo)
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('1.5×')
  await page.getByRole('slider', { name: 'Volume' }).fill('0.4')
  await page.getByRole('button', { name: 'Play Night and day' }).click()
  await page.locator('#position', { hasText: /^0:0[1-9]/ }).waitFor()
  const { playbackRate, volume } = await page.evaluate<{ playbackRate: number; volume: number }>(
    '(({ playbackRate, volume }) => ({ playbackRate, volume }))(document.querySelector("audio"))',
  )
  expect([playbackRate, volume]).toEqual([1.5, 0.4])
  await page.context().close()
  await demo.stop()
})

it('shows 200 tracks, and more at a button that the keyboard reaches', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tracks-'))
  for (let index = 100; index < 350; index += 1) writeFileSync(join(directory, `t${index}.mp3`), 'no music')
  const demo = await built.start({ AUDIO_DIR: directory })
  const page = await open(demo)
  const rows = page.locator('#tracks li')
  const more = page.getByRole('button', { name: 'More tracks' })
  await more.waitFor()
  expect(await rows.count()).toBe(200)
  await more.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Play T349' }).waitFor()
  expect(await rows.count()).toBe(250)
  expect(await more.isVisible()).toBe(false)
  expect(await page.evaluate('document.activeElement.innerText')).toContain('T300')
  await page.context().close()
  await demo.stop()
  rmSync(directory, { recursive: true })
})

it('plays below a path of a proxy', async () => {
  const demo = await built.start()
  const proxy = createServer((req, res) => {
    const isBelow = req.url?.startsWith('/radio/') === true
    if (!isBelow) {
      res.writeHead(404).end()
      return
    }
    const target = new URL(req.url?.slice('/radio'.length) ?? '/', demo.origin)
    const forwarded = request(target, { method: req.method ?? 'GET', headers: req.headers }, answer => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    }).end()
    forwarded.on('error', () => res.destroy())
    res.on('close', () => forwarded.destroy())
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const { port } = proxy.address() as AddressInfo
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/radio/`)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Play Night and day' }).click()
  await page.locator('#position', { hasText: /^0:0[1-9]/ }).waitFor()
  expect(await page.locator('#link').inputValue()).toMatch(`http://127.0.0.1:${port}/radio/stream/`)
  await page.close()
  proxy.close()
  proxy.closeAllConnections()
  await demo.stop()
})

describe('in plain words, the page says', () => {
  it('that there are no tracks, and shows them once there are', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tracks-'))
    const demo = await built.start({ AUDIO_DIR: directory })
    const page = await open(demo)
    await page.getByText('No tracks yet. Put audio files into the directory that the server reads.').waitFor()
    cpSync(TRACK, join(directory, 'new.mp3'))
    await page.getByRole('button', { name: 'Look again' }).click()
    await page.getByRole('button', { name: 'Play New' }).waitFor()
    expect(await page.getByText('No tracks yet').isVisible()).toBe(false)
    await page.context().close()
    await demo.stop()
    rmSync(directory, { recursive: true })
  })

  it('that a file cannot be played, until another track is chosen', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tracks-'))
    writeFileSync(join(directory, 'broken.mp3'), 'no music')
    cpSync(TRACK, join(directory, 'whole.mp3'))
    const demo = await built.start({ AUDIO_DIR: directory })
    const page = await open(demo)
    await page.getByRole('status').getByText('Broken: The browser cannot play it').waitFor()
    await page.getByText('No waveform: the file could not be fetched and decoded here.').waitFor()
    await page.getByRole('button', { name: 'Play Whole' }).click()
    await page.locator('#position', { hasText: /^0:0[1-9]/ }).waitFor()
    expect(await page.getByRole('status').innerText()).toBe('')
    await page.context().close()
    await demo.stop()
    rmSync(directory, { recursive: true })
  })

  it('what a waveform would cost, and draws it on request', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tracks-'))
    writeFileSync(join(directory, 'large.wav'), silence(12_000_000))
    const demo = await built.start({ AUDIO_DIR: directory })
    const page = await open(demo)
    await page.getByText('No waveform yet: it takes all 12.0 MB of the file.').waitFor()
    await page.getByRole('button', { name: 'Draw it' }).click()
    await page.getByText('Waveform drawn from all 12.0 MB').waitFor()
    await page.context().close()
    await demo.stop()
    rmSync(directory, { recursive: true })
  })

  it('that the server lists no tracks, if it signs no links', async () => {
    const demo = await built.start({ OPEN_SIGNING: 'false' })
    const page = await open(demo)
    await page.getByText('The server refuses to list its tracks').waitFor()
    await page.context().close()
    await demo.stop()
  })

  it('that the server is gone, which an open page does not keep from its end', async () => {
    const demo = await built.start()
    const page = await open(demo)
    await page.getByText('Live', { exact: true }).waitFor()
    await demo.stop()
    await page.locator('#watching', { hasText: 'The server does not respond' }).waitFor()
    await page.getByRole('button', { name: 'Play Night and day' }).click()
    const fault = page.getByRole('status')
    await fault.getByText('Night and day: The server does not respond. Is it still running?').waitFor()
    await page.context().close()
  })
})
