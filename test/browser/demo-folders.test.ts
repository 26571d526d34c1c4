/** The demo's page with a tree of folders, with names as people give them. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { sendError, startFakeBucket } from '../demo/fake-bucket'
import { makeEnder } from '../support/at-the-end'
import type { DemoProcess } from './built-demo'
import { useDemoInChromium } from './demo-in-chromium'

jest.setTimeout(120_000)

const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8')
const AUDIO = join(__dirname, '../../audio')
const SCREENSHOTS = process.env['SCREENSHOTS']

const TRACKS = {
  'At the root.mp3': 'morning-tide.mp3',
  '<script>document.title = "changed"<\u2044script>/<img src=x onerror="document.title = 1">.mp3':
    'morning-tide.mp3',
  'Artist/Album #1: 100% "live"?/01 - Evening & lanterns.mp3': 'evening-lanterns.mp3',
  'Artist/Album #1: 100% "live"?/02 - Night.MP3': 'night-and-day.mp3',
  'Cafe\u0301/No\u0308el 🎄.mp3': 'evening-lanterns.mp3',
  'שירים/שיר א׳.mp3': 'morning-tide.mp3',
}

const atTheEnd = makeEnder()
const { start, open: openAt } = useDemoInChromium()
let demo: DemoProcess

beforeAll(async () => {
  const directory = makeLibrary()
  for (const [path, track] of Object.entries(TRACKS)) {
    mkdirSync(join(directory, dirname(path)), { recursive: true })
    cpSync(join(AUDIO, track), join(directory, path))
  }
  demo = await start({ AUDIO_DIR: directory, LIBRARY: 'tree' })
})

function makeLibrary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'library-'))
  atTheEnd(() => {
    rmSync(directory, { recursive: true })
  })
  return directory
}

async function open({ origin }: DemoProcess, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await openAt(`${origin}/`, { viewport: { width: 390, height: 900 }, ...options })
  await page.locator('#tracks button').first().waitFor()
  return page
}

it('shows each folder as a heading, and below it the tracks by the names of their files', async () => {
  const page = await open(demo)
  const tracks = page.locator('#tracks')
  await page.locator('#library', { hasText: /^Folders$/ }).waitFor()
  expect(await tracks.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual([
    '<script>document.title = "changed"<\u2044script>',
    'Artist / Album #1: 100% "live"?',
    'Cafe\u0301',
    'שירים',
  ])
  expect(await tracks.locator('.name').allInnerTexts()).toEqual([
    'At the root',
    '<img src=x onerror="document.title = 1">',
    '01 - Evening & lanterns',
    '02 - Night',
    'No\u0308el 🎄',
    'שיר א׳',
  ])
  // A screen reader names the list of a folder by its heading.
  const album = page.getByRole('list', { name: 'Artist / Album #1: 100% "live"?' })
  expect(await album.getByRole('button').allInnerTexts()).toHaveLength(2)
  expect(await page.title()).toBe('Signed stream')
  await page.close()
})

it.each(Object.keys(TRACKS))('plays %j', async path => {
  const page = await open(demo)
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]+$/, '')
  await page.locator('#tracks button').filter({ hasText: name }).click()
  await page.locator('#position', { hasText: /^0:0[1-9]/ }).waitFor()
  expect(await page.locator('#title').innerText()).toBe(name)
  expect(await page.getByRole('status').innerText()).toBe('')
  expect(await page.title()).toBe('Signed stream')
  await page.close()
})

it('is used by the keyboard alone: through the folders by Tab, with the focus in view', async () => {
  const page = await open(demo, { viewport: { width: 1280, height: 700 } })
  await page.locator('#tracks button').first().focus()
  for (let row = 1; row < Object.keys(TRACKS).length; row += 1) {
    await page.keyboard.press('Tab')
    const isCovered = await page.evaluate<boolean>(`(() => {
      const { left, top } = document.activeElement.getBoundingClientRect()
      return document.elementFromPoint(left + 20, top + 8).closest('.row') !== document.activeElement
    })()`)
    expect([row, isCovered]).toEqual([row, false])
  }
  await page.keyboard.press('Enter')
  await page.locator('#position', { hasText: /^0:0[1-9]/ }).waitFor()
  expect(await page.locator('#title').innerText()).toBe('שיר א׳')
  await page.close()
})

it('saves a track under the name of its file', async () => {
  const page = await open(demo)
  await page.locator('#tracks button').filter({ hasText: '02 - Night' }).click()
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download' }).click()
  expect((await downloading).suggestedFilename()).toBe('02 - Night.MP3')
  await page.close()
})

describe.each(['light', 'dark'] as const)('in the %s', colorScheme => {
  it.each([320, 390, 1280])('fits a screen of %i pixels, and axe-core finds no fault', async width => {
    // The policy would forbid the styles by which axe-core looks through overlaps.
    const page = await open(demo, { viewport: { width, height: 900 }, colorScheme, bypassCSP: true })
    await page.getByText('Waveform of all').waitFor()
    if (SCREENSHOTS !== undefined) {
      const path = join(SCREENSHOTS, `folders-${width}-${colorScheme}.png`)
      await page.screenshot({ path, fullPage: true })
    }
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width)
    await page.evaluate(AXE)
    const { violations } = await page.evaluate<AxeResults>('axe.run()')
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`)).toEqual(
      [],
    )
    await page.close()
  })
})

it('goes on with a folder on the next page of the list', async () => {
  const directory = makeLibrary()
  for (const [folder, count] of [
    ['A', 150],
    ['B', 100],
  ] as const) {
    mkdirSync(join(directory, folder))
    for (let number = 1; number <= count; number += 1) {
      writeFileSync(join(directory, folder, `${number}.mp3`), 'no music')
    }
  }
  const large = await start({ AUDIO_DIR: directory, LIBRARY: 'tree' })
  const page = await open(large)
  const folder = page.getByRole('list', { name: 'B' })
  expect(await folder.getByRole('button').count()).toBe(50)
  await page.getByRole('button', { name: 'More tracks' }).click()
  await page.getByRole('status').getByText('50 more tracks').waitFor()
  expect(await folder.getByRole('button').count()).toBe(100)
  expect(await page.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual(['A', 'B'])
  expect(await page.locator(':focus .name').innerText()).toBe('51')
  await page.close()
  await large.stop()
})

it('plays from a bucket as from a directory, and says so if it cannot', async () => {
  await using bucket = await startFakeBucket()
  bucket.objects.set('Albums/Artist/Night & day.mp3', readFileSync(join(AUDIO, 'night-and-day.mp3')))
  const credentials = { AWS_ACCESS_KEY_ID: 'testaccess', AWS_SECRET_ACCESS_KEY: 'testsecretkey' }
  const remote = await start({ ...credentials, ...bucket.environment('Albums') })
  const page = await open(remote)
  await page.locator('#library', { hasText: /^S3 bucket$/ }).waitFor()
  expect(await page.locator('#tracks .facts').innerText()).toBe('8.4 MB')
  await page.getByRole('button', { name: 'Play Night & day' }).click()
  await page.locator('#position', { hasText: /^0:0[1-9]/ }).waitFor()
  expect(await page.locator('#duration').innerText()).toBe('8:45')

  bucket.fault = (_req, res) => {
    sendError(res, 403, 'ExpiredToken')
    return 'answered'
  }
  const failing = await start({ ...credentials, ...bucket.environment('Albums') })
  await page.goto(`${failing.origin}/`)
  await page
    .getByText('The server cannot list its tracks: The tracks cannot be read at the moment.')
    .waitFor()
  bucket.fault = undefined
  await page.getByRole('button', { name: 'Look again' }).click()
  await page.getByRole('button', { name: 'Play Night & day' }).waitFor()
  await page.close()
  await failing.stop()
  await remote.stop()
})
