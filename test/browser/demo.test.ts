/** The demo's page, as somebody uses who has just started it. */
import type { Browser, Page } from 'playwright-core'
import { startDemo, type RunningDemo } from '../../demo/start'
import { makeEnder } from '../players/at-the-end'
import { launchChromium } from './chromium'

jest.setTimeout(60_000)

const atTheEnd = makeEnder()

let browser: Browser
let demo: RunningDemo
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  const started = await startDemo({ STREAM_SERVER_PORT: '0' }, { log: () => undefined, error: console.error })
  if (started === undefined) throw new Error('Cannot test the demo: it did not start')
  demo = started
  atTheEnd(() => demo.stop())
  browser = await launchChromium()
  atTheEnd(() => browser.close())
  page = await browser.newPage()
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', error => {
    complaints.push(error.message)
  })
  await page.goto(`http://localhost:${demo.port}/`)
})

it('lists both tracks', async () => {
  await page.getByRole('button', { name: 'Play Evening Lanterns' }).waitFor()
  await page.getByRole('button', { name: 'Play Morning Tide' }).waitFor()
})

it('plays a track at a click, by a link that it shows', async () => {
  await page.getByRole('button', { name: 'Play Morning Tide' }).click()
  await page.locator('#position', { hasText: '0:01' }).waitFor()
  expect(await page.getByLabel('Signed link', { exact: true }).inputValue()).toMatch(
    /^http:\/\/localhost:\d+\/stream\/morning-tide\?expires=\d+&sig=[0-9a-f]{64}$/,
  )
})

it('plays on from where the slider is put', async () => {
  await page.getByRole('slider', { name: 'Position' }).fill('40')
  await page.locator('#position', { hasText: '0:41' }).waitFor()
})

it('goes over to the other track', async () => {
  await page.getByRole('button', { name: 'Play Evening Lanterns' }).click()
  await page.locator('#title', { hasText: 'Evening Lanterns' }).waitFor()
  await page.locator('#position', { hasText: '0:01' }).waitFor()
})

it('breaks no rule of its own content security policy, and throws nothing', () => {
  expect(complaints).toEqual([])
})
