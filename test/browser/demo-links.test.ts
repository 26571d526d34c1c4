/** Links of one's own on the demo's page: the form that makes them, what they allow, and the list of who listens. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { makeEnder } from '../support/at-the-end'
import { makeTrackDirectory } from '../support/tracks'
import type { DemoProcess } from './built-demo'
import { useDemoInChromium } from './demo-in-chromium'
import { usePage } from './demo-page'
import { silence } from './silence'

jest.setTimeout(120_000)

const atTheEnd = makeEnder()

const { start, open } = useDemoInChromium()
let demo: DemoProcess
let page: Page
let complaints: string[]

beforeAll(async () => {
  const tracks = makeTrackDirectory()
  atTheEnd(tracks.remove)
  // Longer than a browser and the sockets buffer, so that it is a stream in progress while it plays.
  tracks.write('long.wav', silence(600))
  copyFileSync(join(__dirname, '../../audio/morning-tide.mp3'), join(tracks.path, 'short.mp3'))
  demo = await start({ AUDIO_DIR: tracks.path })
})

beforeEach(async () => {
  page = await open('about:blank')
  complaints = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await page.goto(`${demo.origin}/`)
  await page.getByRole('button', { name: 'Play Long' }).click()
  await playsFrom(0)
})
afterEach(async () => {
  await page.close()
  // Refusals, and connections that the server closes, are what the page shows.
  expect(complaints.filter(text => !/status of (?:400|403|429)|ERR_CONNECTION_RESET/.test(text))).toEqual([])
})

/** Resolves once the expression holds. */
async function until(expression: string): Promise<void> {
  await usePage(page, () => page.close()).until(expression)
}

/** Plays on for a moment from `seconds`. */
async function playsFrom(seconds: number): Promise<void> {
  await until(
    `(({ currentTime, paused, seeking }) => !paused && !seeking && currentTime > ${seconds + 0.2})(document.querySelector('audio'))`,
  )
}

async function makeLink(terms: Readonly<Record<string, string>>): Promise<string> {
  for (const [label, value] of Object.entries(terms)) {
    if (label === 'Valid for') await page.locator('[name=expiresIn]').selectOption({ label: value })
    else if (label.startsWith('Play on')) await page.locator('[name=playFor]').selectOption({ label: value })
    else await page.getByLabel(label, { exact: true }).fill(value)
  }
  const before = await page.getByLabel('Your link', { exact: true }).inputValue()
  await page.getByRole('button', { name: 'Make the link' }).click()
  await until(`document.querySelector('#made-link').value !== ${JSON.stringify(before)}`)
  return page.getByLabel('Your link', { exact: true }).inputValue()
}

async function happened(text: string): Promise<void> {
  await page.locator('#tried-link li', { hasText: text }).first().waitFor()
}

it('shows the link that the form makes, and says what it allows', async () => {
  const link = await makeLink({
    'Valid for': '1 minute',
    'Play on after the expiry': 'for 1 hour',
    Listener: 'u42',
    'Listeners at most': '2',
    'Streams at a time': '1',
    Network: '192.0.2.0/24',
    'Save as': 'Night.mp3',
  })
  expect(link).toMatch(/^http:\/\/localhost:\d+\/stream\/long\?expires=\d+&terms=[\w.-]+&sig=[0-9a-f]{64}$/)
  const sentences = await page.locator('#allows li').allInnerTexts()
  expect(sentences).toEqual([
    expect.stringMatching(/^It opens Long until .*\d:\d\d:\d\d/),
    expect.stringMatching(/^Those who have begun may play on for 1 hour, until /),
    'It is for u42. Events and log lines have this name.',
    '2 listeners may begin. The next one gets 403. A seek does not count.',
    'One stream at a time, over all links of u42. The next one gets 429.',
    'It works only from 192.0.2.0/24. Other addresses get 403.',
    'Browsers save it as Night.mp3.',
  ])
})

it('names the field that the server does not accept', async () => {
  await page.getByLabel('Network', { exact: true }).fill('10.0.0.0/8')
  await page.getByRole('button', { name: 'Make the link' }).click()
  await page
    .getByRole('alert')
    .filter({ hasText: /network must be an address or a network/ })
    .waitFor()
  expect(await page.locator('#made').isVisible()).toBe(false)
})

it('lets a second device begin no more, once the link is used up', async () => {
  await makeLink({ 'Listeners at most': '1' })
  await page.getByRole('button', { name: 'Play it here' }).click()
  await playsFrom(0)
  await page.getByRole('button', { name: 'Try on device 2' }).click()
  await happened('Device 2: 403 LINK_USED_UP')
  await page.evaluate('void (document.querySelector("audio").currentTime = 400)')
  await playsFrom(400)
})

it('lets a second device listen only when there is a place', async () => {
  await makeLink({ 'Streams at a time': '1', Listener: 'u1' })
  await page.getByRole('button', { name: 'Try on device 2' }).click()
  await happened('Device 2: 206')
  await page.getByRole('button', { name: 'Try on device 3' }).click()
  await happened('Device 3: 429 TOO_MANY_STREAMS')
})

it('ends what plays when the link is revoked, and refuses it from then on', async () => {
  await makeLink({ Listener: 'u7' })
  await page.getByRole('button', { name: 'Play it here' }).click()
  await playsFrom(0)
  await page.locator('#streams li', { hasText: 'u7' }).first().waitFor()
  await page.getByRole('button', { name: 'Revoke the link' }).click()
  await happened('Revoked the link. 1 stream has ended.')
  await page.locator('#streams li', { hasText: 'u7' }).first().waitFor({ state: 'detached' })
  await page.evaluate('void (document.querySelector("audio").currentTime = 500)')
  await page.locator('.exchange', { hasText: 'LINK_REVOKED' }).first().waitFor()
  await page.getByRole('button', { name: 'Try on device 2' }).click()
  await happened('Device 2: 403 LINK_REVOKED')
})

it('revokes all links of a listener', async () => {
  await makeLink({ Listener: 'u8' })
  await page.getByRole('button', { name: 'Revoke all links of u8' }).click()
  await happened('Revoked all links of u8. 0 streams have ended.')
  await page.getByRole('button', { name: 'Try on device 2' }).click()
  await happened('Device 2: 403 LINK_REVOKED')
})

it('seeks after the expiry, when a second device gets 403', async () => {
  const link = await makeLink({ 'Valid for': '15 seconds', 'Play on after the expiry': 'for 1 hour' })
  const expires = Number(new URL(link).searchParams.get('expires'))
  await page.getByRole('button', { name: 'Play it here' }).click()
  await playsFrom(0)
  await until(`Date.now() / 1000 > ${expires + 1}`)
  await page.evaluate('void (document.querySelector("audio").currentTime = 450)')
  await playsFrom(450)
  expect(await page.locator('audio').evaluate(audio => (audio as { src?: string }).src)).toContain(link)
  await page.getByRole('button', { name: 'Try on device 2' }).click()
  await happened('Device 2: 403 SIGNATURE_EXPIRED')
})

it('lists who listens, and ends a stream by its button, whose focus is not lost', async () => {
  const row = page.locator('#streams li', { hasText: 'Long' }).filter({ hasText: 'this page' }).first()
  await row.waitFor()
  expect(await row.innerText()).toMatch(
    /Long\s+this page\s+this machine · for 0:\d\d · [\d.]+ [kM]?B sent · (?:whole file|bytes \d+-\d+\/\d+)/,
  )
  await page.getByRole('button', { name: 'End the stream of Long: this page' }).first().focus()
  await page.keyboard.press('Enter')
  await page.getByText('Ended a stream of Long. Its link is still valid.').waitFor()
  await page.locator('.exchange', { hasText: 'ended with End' }).first().waitFor()
  expect(await page.evaluate('document.activeElement.closest("#listening") !== null')).toBe(true)
})

it('requests the list only while it is open', async () => {
  let asked = 0
  page.on('request', request => {
    if (request.url().endsWith('/api/streams')) asked += 1
  })
  await page.waitForRequest(/api\/streams$/)
  await page.locator('#listening-title').click()
  await until('!document.querySelector("#listening").open')
  asked = 0
  await page.waitForTimeout(2500)
  expect(asked).toBe(0)
  await page.locator('#listening-title').click()
  await page.waitForRequest(/api\/streams$/)
})

it('shows why there is no list if links are not for everybody', async () => {
  const closed = await start({ OPEN_SIGNING: 'false' })
  await page.goto(`${closed.origin}/`)
  await page
    .getByText(/The server refuses to show who listens: This server shows and ends no streams here/)
    .waitFor()
})
