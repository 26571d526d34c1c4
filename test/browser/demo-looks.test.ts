/**
 * How the demo's page looks and reads, at a phone's width and on a desktop, by day and by night: nothing that axe-core
 * calls serious, nothing wider than the screen. With `SCREENSHOTS` in the environment, pictures go to that directory.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { makeEnder } from '../support/at-the-end'
import { buildDemo, type DemoProcess } from './built-demo'
import { launchChromium } from './chromium'

jest.setTimeout(120_000)

const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8')
const SCREENSHOTS = process.env['SCREENSHOTS']
const atTheEnd = makeEnder()

let demo: DemoProcess
let browser: Browser

beforeAll(async () => {
  const built = await buildDemo()
  atTheEnd(built.remove)
  demo = await built.start()
  atTheEnd(demo.stop)
  browser = await launchChromium()
  atTheEnd(() => browser.close())
})

describe.each(['light', 'dark'] as const)('in the %s', colorScheme => {
  describe.each([390, 1280])('at %i pixels', width => {
    const atItsEnd = makeEnder()
    let page: Page

    beforeAll(async () => {
      page = await browser.newPage({
        viewport: { width, height: 900 },
        colorScheme,
        // The policy would forbid the styles by which axe-core looks through overlaps.
        bypassCSP: true,
      })
      atItsEnd(() => page.close())
      await page.goto(`${demo.origin}/`)
      await page.evaluate(AXE)
    })

    async function shoot(name: string): Promise<void> {
      if (SCREENSHOTS === undefined) return
      await page.screenshot({
        path: join(SCREENSHOTS, `${name}-${width}-${colorScheme}.png`),
        fullPage: true,
      })
    }

    async function violations(): Promise<string[]> {
      const results = await page.evaluate<AxeResults>('axe.run()')
      return results.violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`)
    }

    it('has no serious fault at the start', async () => {
      await page.getByText('Waveform drawn from').waitFor()
      await page.getByText('1.0 MB sent in').first().waitFor()
      await shoot('start')
      expect(await violations()).toEqual([])
    })

    it('has no serious fault while it plays, with refusals and an expiry on the way', async () => {
      await page.getByRole('button', { name: 'Play Night and day' }).click()
      await page.getByText('Waveform drawn from all 8.4 MB').waitFor()
      await page.getByRole('slider', { name: 'Position' }).click()
      await page.locator('#position', { hasText: /^4:2/ }).waitFor()
      for (const name of ['The middle', 'Two at once', 'Beyond the end', 'Forged link']) {
        await page.getByRole('button', { name }).click()
      }
      await page.getByText('SIGNATURE_INVALID').waitFor()
      await page.getByRole('button', { name: 'Mute' }).click()
      await page.getByRole('button', { name: 'Show me' }).click()
      await page.locator('#left', { hasText: /^0:0/ }).waitFor()
      await page.getByRole('button', { name: 'Sign a new link' }).click()
      await page.getByText('Signed a new link', { exact: true }).waitFor()
      await page.getByLabel('Listener', { exact: true }).fill('u42')
      await page.getByLabel('Listeners who may begin').fill('1')
      await page.getByRole('button', { name: 'Make the link' }).click()
      await page.getByRole('button', { name: 'Try on a second device' }).click()
      await page.getByText('Device 2: 206').waitFor()
      await page.getByRole('button', { name: 'Try on a third' }).click()
      await page.getByText('Device 3: 403 LINK_USED_UP').waitFor()
      await page.locator('#ended li').first().waitFor()
      await shoot('playing')
      expect(await violations()).toEqual([])
    })
  })
})

it.each([320, 390, 600, 960, 1920])('is no wider than a screen of %i pixels', async width => {
  const page = await browser.newPage({ viewport: { width, height: 700 } })
  await page.goto(`${demo.origin}/`)
  await page.getByText('Waveform drawn from').waitFor()
  await page.getByRole('button', { name: 'Beyond the end' }).click()
  await page.getByText('RANGE_NOT_SATISFIABLE').waitFor()
  const scrollWidth = await page.evaluate<number>('document.documentElement.scrollWidth')
  expect(scrollWidth).toBe(width)
  await page.close()
})

it('moves nothing for who wants no motion', async () => {
  const page = await browser.newPage({ reducedMotion: 'reduce' })
  await page.goto(`${demo.origin}/`)
  const durations = await page.evaluate<string[]>(
    '[...new Set([...document.querySelectorAll("*")].map(element => getComputedStyle(element).transitionDuration))]',
  )
  expect(durations).toEqual(['0s'])
  await page.close()
})
