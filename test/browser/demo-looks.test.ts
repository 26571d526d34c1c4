/**
 * How the demo's page looks and reads, on a phone and on a desktop, light and dark: no fault that axe-core finds, the
 * contrast of level AA among them, and nothing wider than the screen. With `SCREENSHOTS` in the environment, pictures go
 * to that directory.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { makeEnder } from '../support/at-the-end'
import type { DemoProcess } from './built-demo'
import { useDemoInChromium } from './demo-in-chromium'

jest.setTimeout(120_000)

const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8')
const SCREENSHOTS = process.env['SCREENSHOTS']

const { start, open } = useDemoInChromium()
let demo: DemoProcess

beforeAll(async () => {
  demo = await start()
})

async function shoot(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true })
}

/** Tries most of what the page has, so that refusals, steps and messages are on it. */
async function useAll(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Play Night and day' }).click()
  await page.getByText('Waveform of all 8.4 MB').waitFor()
  await page.getByRole('slider', { name: 'Position' }).click()
  await page.locator('#position', { hasText: /^4:2/ }).waitFor()
  for (const name of ['The middle', 'Two ranges', 'Beyond the end', 'Forged link']) {
    await page.getByRole('button', { name }).click()
  }
  await page.locator('#exchanges').getByText('SIGNATURE_INVALID').waitFor()
  await page.getByRole('button', { name: 'Mute' }).click()
  await page.getByText('Your own music').click()
  await page.getByRole('button', { name: 'One listener' }).click()
  await page.locator('#steps').getByText('LINK_USED_UP').waitFor()
  await page.getByLabel('Listener', { exact: true }).fill('u42')
  await page.getByLabel('Listeners at most').fill('1')
  await page.getByRole('button', { name: 'Make the link' }).click()
  await page.getByRole('button', { name: 'Try on device 2' }).click()
  await page.locator('#tried-link').getByText('Device 2: 206').waitFor()
  await page.getByRole('button', { name: 'Try on device 3' }).click()
  await page.locator('#tried-link').getByText('Device 3: 403 LINK_USED_UP').waitFor()
  await page.locator('#ended li').first().waitFor()
  await page.getByRole('button', { name: 'Sign a new link' }).click()
  await page.getByText('Signed a new link', { exact: true }).waitFor()
}

function widthOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth')
}

describe.each(['light', 'dark'] as const)('in %s colours', colorScheme => {
  describe.each([320, 390, 1280])('at %i pixels', width => {
    const atItsEnd = makeEnder()
    let page: Page

    beforeAll(async () => {
      page = await open(`${demo.origin}/`, {
        viewport: { width, height: 900 },
        colorScheme,
        // The policy would forbid the styles by which axe-core looks through overlaps.
        bypassCSP: true,
      })
      atItsEnd(() => page.close())
      await page.evaluate(AXE)
    })

    async function violations(): Promise<string[]> {
      const results = await page.evaluate<AxeResults>('axe.run()')
      return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`)
    }

    it('has no fault at the start', async () => {
      await page.getByText('Waveform of all').waitFor()
      await page.getByText('1.0 MB sent in').first().waitFor()
      await shoot(page, `start-${width}-${colorScheme}`)
      expect(await violations()).toEqual([])
    })

    it('has no fault while it plays, with refusals on it', async () => {
      await useAll(page)
      await shoot(page, `used-${width}-${colorScheme}`)
      expect(await violations()).toEqual([])
      expect(await widthOf(page)).toBe(width)
    })
  })
})

it.each([600, 960, 1920])('is no wider than a screen of %i pixels', async width => {
  const page = await open(`${demo.origin}/`, { viewport: { width, height: 700 } })
  await page.getByText('Waveform of all').waitFor()
  await page.getByRole('button', { name: 'Beyond the end' }).click()
  await page.getByText('RANGE_NOT_SATISFIABLE').waitFor()
  expect(await widthOf(page)).toBe(width)
  await page.close()
})

it('has no button, link or field that is too small for a finger', async () => {
  const page = await open(`${demo.origin}/`, { viewport: { width: 390, height: 844 }, hasTouch: true })
  await useAll(page)
  const small = await page.evaluate<string[]>(`
    [...document.querySelectorAll('a[href], button, input, select, summary, [role=slider]')]
      .filter(element => element.checkVisibility() && !element.matches('.skip'))
      .map(element => [element.getBoundingClientRect(), element])
      .filter(([{ width, height }]) => width < 44 || height < 44)
      .map(([{ width, height }, element]) => element.outerHTML.slice(0, 80) + ' ' + width + ' × ' + height)`)
  expect(small).toEqual([])
  await page.close()
})

describe('by the settings of a listener', () => {
  async function openWith(options: BrowserContextOptions): Promise<Page> {
    const page = await open(`${demo.origin}/`, options)
    await page.getByText('Waveform of all').waitFor()
    return page
  }

  it('moves nothing if there should be less motion', async () => {
    const page = await openWith({ reducedMotion: 'reduce' })
    const durations = await page.evaluate<string[]>(
      `[...new Set([...document.querySelectorAll('*')].flatMap(element => {
        const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element)
        return [transitionDuration, animationName, scrollBehavior]
      }))]`,
    )
    expect(durations.sort()).toEqual(['0s', 'auto', 'none'])
    await page.close()
  })

  it.each(['light', 'dark'] as const)(
    'shows what only a colour showed in forced colours (%s)',
    async colorScheme => {
      const page = await openWith({
        forcedColors: 'active',
        colorScheme,
        viewport: { width: 1280, height: 900 },
      })
      await useAll(page)
      await shoot(page, `forced-${colorScheme}`)
      const shown = await page.evaluate<Record<string, boolean>>(`(() => {
      const style = (selector, pseudo) => getComputedStyle(document.querySelector(selector), pseudo)
      const canvas = getComputedStyle(document.body).backgroundColor
      return {
        'the current track': style('.row[aria-current]').outlineStyle === 'solid',
        'the current try': style('.tile[aria-current]').outlineStyle === 'solid',
        'the time left of the link': style('#life').backgroundColor !== canvas,
        'the requested range': style('.map > span').backgroundColor !== canvas,
        'the sent bytes': style('.map span span').backgroundColor !== style('.map > span').backgroundColor,
        'the live mark': style('.watching.live', '::before').backgroundColor !== canvas,
        'the play button': style('#play').borderTopWidth !== '0px',
        'a status': style('.status').borderTopWidth !== '0px',
      }
    })()`)
      expect(Object.entries(shown).filter(([, isShown]) => !isShown)).toEqual([])
      await page.close()
    },
  )
})
