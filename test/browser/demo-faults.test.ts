/** What the demo's page gives to other programs, and what it says if something is missing. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { makeEnder } from '../support/at-the-end'
import type { DemoProcess } from './built-demo'
import { useDemoInChromium } from './demo-in-chromium'
import { silence } from './silence'

jest.setTimeout(120_000)

const TRACK = join(__dirname, '../../audio/morning-tide.mp3')
const { start, open: openAt } = useDemoInChromium()

function open({ origin }: DemoProcess): Promise<Page> {
  return openAt(`${origin}/`, { permissions: ['clipboard-read', 'clipboard-write'] })
}

describe('what other programs get', () => {
  const atItsEnd = makeEnder()
  let demo: DemoProcess
  let page: Page

  beforeAll(async () => {
    demo = await start()
    page = await open(demo)
    atItsEnd(() => page.context().close())
  })

  async function clipboard(): Promise<string> {
    return page.evaluate<string>('navigator.clipboard.readText()')
  }

  it('is a link that plays, and does not name this page', async () => {
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByText('Link copied').waitFor()
    const link = await clipboard()
    expect(link).toMatch(/\/stream\/evening-lanterns\?expires=\d+&terms=[\w.-]+&sig=[0-9a-f]{64}$/)
    const name = await page.evaluate<string>(`import('./server.js').then(server => server.page)`)
    expect(link).not.toContain(name.slice(0, 8))
    expect((await fetch(link)).status).toBe(200)
  })

  it('is a command that requests a range', async () => {
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

  it('is valid for as long as the listener chooses', async () => {
    await page.getByRole('combobox', { name: 'New links are valid for' }).selectOption('1 minute')
    await page.locator('#left', { hasText: /^0:5/ }).waitFor()
  })
})

it('keeps the volume and the speed when another track is chosen', async () => {
  const demo = await start()
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
  const demo = await start({ AUDIO_DIR: directory })
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

describe('in plain words, the page says', () => {
  it('that there are no tracks, and shows them once there are', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tracks-'))
    const demo = await start({ AUDIO_DIR: directory })
    const page = await open(demo)
    await page.getByText('No tracks yet. Put audio files into the directory of the server.').waitFor()
    cpSync(TRACK, join(directory, 'new.mp3'))
    await page.getByRole('button', { name: 'Look again' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Play New' }).waitFor()
    await page.locator('#tracks button:focus').waitFor()
    expect(await page.getByText('No tracks yet').isVisible()).toBe(false)
    await page.context().close()
    await demo.stop()
    rmSync(directory, { recursive: true })
  })

  it('that a file cannot be played, until another track is chosen', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tracks-'))
    writeFileSync(join(directory, 'broken.mp3'), 'no music')
    cpSync(TRACK, join(directory, 'whole.mp3'))
    const demo = await start({ AUDIO_DIR: directory })
    const page = await open(demo)
    await page.getByRole('status').getByText('Broken: The browser cannot play it').waitFor()
    await page.getByText('No waveform: this browser cannot load or decode the file.').waitFor()
    await page.getByRole('button', { name: 'Play Whole' }).click()
    await page.locator('#position', { hasText: /^0:0[1-9]/ }).waitFor()
    expect(await page.getByRole('status').innerText()).toBe('')
    await page.context().close()
    await demo.stop()
    rmSync(directory, { recursive: true })
  })

  it('what a waveform loads, and draws it at the button', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tracks-'))
    writeFileSync(join(directory, 'large.wav'), silence(1500, { rate: 8000, frame: 1 }))
    const demo = await start({ AUDIO_DIR: directory })
    const page = await open(demo)
    await page.getByText('No waveform yet: the page must load all 12.0 MB.').waitFor()
    await page.getByRole('button', { name: 'Draw it' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Waveform of all 12.0 MB').waitFor()
    // The button is hidden now.
    expect(await page.evaluate('document.activeElement.id')).toBe('waveform')
    await page.context().close()
    await demo.stop()
    rmSync(directory, { recursive: true })
  })

  it('that the server lists no tracks if it signs no links', async () => {
    const demo = await start({ OPEN_SIGNING: 'false' })
    const page = await open(demo)
    await page.getByText('The server refuses to list its tracks').waitFor()
    await page.context().close()
    await demo.stop()
  })

  it('that the server does not respond, after a stop that an open page does not delay', async () => {
    const demo = await start()
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
