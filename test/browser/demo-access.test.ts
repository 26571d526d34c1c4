/** The demo's page by the keyboard alone, and as a screen reader has it. */
import type { Page } from 'playwright-core'
import type { DemoProcess } from './built-demo'
import { useDemoInChromium } from './demo-in-chromium'

jest.setTimeout(120_000)

const { start, open } = useDemoInChromium()
let demo: DemoProcess
let page: Page

beforeAll(async () => {
  demo = await start()
})
beforeEach(async () => {
  page = await open(`${demo.origin}/`, { viewport: { width: 1280, height: 800 } })
  await page.getByText('Waveform of all').waitFor()
  await page.getByText('1.0 MB sent in').first().waitFor()
  await page.locator('#ended').waitFor()
  await page.locator('#tracks').getByText('8:45', { exact: true }).waitFor()
})
afterEach(() => page.close())

/** The role and the name of what has the focus, as Chromium gives it to screen readers; undefined if nothing has it. */
async function focused(): Promise<string | undefined> {
  if (await page.evaluate('document.activeElement === document.body')) return undefined
  // It has no role in ARIA.
  const summary = await page.evaluate<string | undefined>(
    'document.activeElement.closest("summary")?.innerText',
  )
  if (summary !== undefined) return `summary "${summary}"`
  const snapshot = await page.locator(':focus').ariaSnapshot()
  return /^- (\w+(?: ".*?")?)/.exec(snapshot)?.[1] ?? snapshot
}

/** Whether one sees where the focus is: an outline, in the window, with nothing before it. */
function isFocusSeen(): Promise<boolean> {
  return page.evaluate<boolean>(`(() => {
    const element = document.activeElement
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const { left, top, right, bottom, width, height } = element.getBoundingClientRect()
    const hit = document.elementFromPoint(left + Math.min(20, width / 2), top + Math.min(12, height / 2))
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && left >= 0 && right <= innerWidth &&
      top >= 0 && Math.min(bottom, top + 40) <= innerHeight && hit !== null &&
      (element.contains(hit) || hit.contains(element))
  })()`)
}

it('is reached by Tab alone, in the order of the page, and leaves it at the end', async () => {
  const names: string[] = []
  for (let count = 0; count < 100; count += 1) {
    await page.keyboard.press('Tab')
    const name = await focused()
    if (name === undefined) break
    expect([name, await isFocusSeen()]).toEqual([name, true])
    names.push(name)
  }
  expect(names).toEqual([
    'link "Skip to the player"',
    'button "Play Evening lanterns 1:31 1.0 MB"',
    'button "Play Morning tide 1:24 1.0 MB"',
    'button "Play Night and day 8:45 8.4 MB"',
    'summary "Your own music"',
    'button "Play"',
    'slider "Position"',
    'button "Mute"',
    'slider "Volume"',
    'combobox "Speed"',
    'button "Download"',
    'button "Sign a new link"',
    'textbox "Signed link"',
    'button "Copy link"',
    'button "Copy curl"',
    'button "Revoke"',
    'combobox "New links are valid for"',
    'button "Expiry renewed during playback"',
    'button "Session plays on after the expiry"',
    'button "One listener the next gets 403"',
    'button "One stream the next gets 429"',
    'button "One network others get 403"',
    'button "Save as a name for the file"',
    'button "Revocation a stream ends"',
    'button "Live listeners end one yourself"',
    'button "First 100 bytes"',
    'button "The middle"',
    'button "Last 500 bytes"',
    'button "Two ranges"',
    'button "Beyond the end"',
    'button "Forged link"',
    'region "Exchanges, newest first"',
    'button "Clear"',
    'summary "Who listens now"',
    'list "Ended in the last 10 minutes"',
    'combobox "Valid for"',
    'combobox "Play on after the expiry"',
    'textbox "Listener"',
    'spinbutton "Listeners at most"',
    'spinbutton "Streams at a time"',
    'textbox "Network"',
    'textbox "Save as"',
    'button "Make the link"',
  ])
})

it('lets the keyboard skip the list of tracks', async () => {
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('button "Play"')
})

it('seeks by the arrow keys, Home and End, and says where it is', async () => {
  const slider = page.getByRole('slider', { name: 'Position' })
  await slider.focus()
  async function expectAt(text: string): Promise<void> {
    await page.locator(`#waveform[aria-valuetext="${text} of 1 minute 31 seconds"]`).waitFor()
  }
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowUp')
  await expectAt('10 seconds')
  await page.keyboard.press('ArrowLeft')
  await expectAt('5 seconds')
  await page.keyboard.press('PageUp')
  await expectAt('35 seconds')
  await page.keyboard.press('End')
  await expectAt('1 minute 30 seconds')
  await page.keyboard.press('Home')
  await expectAt('0 seconds')
  expect(await slider.getAttribute('aria-valuenow')).toBe('0')
})

it('makes a link, tries it and revokes it by the keyboard alone', async () => {
  await page.getByLabel('Listener', { exact: true }).focus()
  await page.keyboard.type('u42')
  await page.keyboard.press('Enter')
  await page.getByLabel('What the link allows').getByText('It is for u42.').waitFor()
  for (const name of [
    'Your link',
    'Copy',
    'Play it here',
    'Try on device 2',
    'Try on device 3',
    'Revoke the link',
  ]) {
    if (name === 'Your link') await page.getByLabel(name).focus()
    else await page.keyboard.press('Tab')
    expect(await focused()).toMatch(`"${name}"`)
  }
  await page.keyboard.press('Enter')
  await page.getByText('Revoked the link.').waitFor()
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press(' ')
  await page.getByText('Device 3: 403 LINK_REVOKED').waitFor()
})

describe('for a screen reader', () => {
  it('has one heading for each part, and a landmark of that name', async () => {
    expect(await page.getByRole('heading', { level: 1 }).allInnerTexts()).toEqual(['Signed stream'])
    const parts = await page.getByRole('heading', { level: 2 }).allInnerTexts()
    expect(parts).toEqual([
      'Tracks',
      'Evening lanterns',
      'Signed link',
      'Try a link',
      'HTTP exchanges',
      'Who listens now',
      'Make your own link',
    ])
    for (const name of parts) expect(await page.getByRole('region', { name, exact: true }).count()).toBe(1)
    for (const role of ['banner', 'main', 'contentinfo'] as const) {
      expect([role, await page.getByRole(role).count()]).toEqual([role, 1])
    }
  })

  it('says the result of a try, with its status and code, in a live region', async () => {
    await page.getByRole('button', { name: 'One network' }).click()
    const steps = page.getByRole('list', { name: 'One network' })
    await steps.getByText('403 NETWORK_NOT_ALLOWED').waitFor()
    expect(await steps.getAttribute('aria-live')).toBe('polite')
    expect(await steps.getByRole('listitem').allInnerTexts()).toEqual([
      'Signed for the address 192.0.2.2.',
      'Device 2, at 192.0.2.2: 206',
      'Device 3, at 192.0.2.3: 403 NETWORK_NOT_ALLOWED',
    ])
  })

  it('names the button of play by what it does', async () => {
    const button = page.locator('#play')
    expect(await button.getAttribute('aria-label')).toBe('Play')
    await button.click()
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Pause Evening lanterns' }).waitFor()
  })
})
