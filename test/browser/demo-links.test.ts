/** Links with terms on the demo's page: the form that makes them, what they allow, and the list of who listens. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { makeEnder } from '../support/at-the-end'
import { makeTrackDirectory } from '../support/tracks'
import { buildDemo, type DemoProcess } from './built-demo'
import { launchChromium } from './chromium'
import { usePage } from './demo-page'

jest.setTimeout(120_000)

const atTheEnd = makeEnder()

let demo: DemoProcess
let browser: Browser
let page: Page
let complaints: string[]

beforeAll(async () => {
  const built = await buildDemo()
  atTheEnd(built.remove)
  const tracks = makeTrackDirectory()
  atTheEnd(tracks.remove)
  // Longer than a browser and the sockets buffer, so that it is a stream in progress while it plays.
  tracks.write('long.wav', silence(600))
  copyFileSync(join(__dirname, '../../audio/morning-tide.mp3'), join(tracks.path, 'short.mp3'))
  demo = await built.start({ AUDIO_DIR: tracks.path })
  atTheEnd(demo.stop)
  browser = await launchChromium()
  atTheEnd(() => browser.close())
})

beforeEach(async () => {
  page = await browser.newPage()
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

/** A WAV file of so many seconds. */
function silence(seconds: number): Buffer {
  const [rate, bytes] = [44_100, 4]
  const file = Buffer.alloc(44 + seconds * rate * bytes)
  file.write('RIFF')
  file.writeUInt32LE(file.length - 8, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(2, 22)
  file.writeUInt32LE(rate, 24)
  file.writeUInt32LE(rate * bytes, 28)
  file.writeUInt16LE(bytes, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(file.length - 44, 40)
  return file
}

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
    else if (label.startsWith('Who')) await page.locator('[name=playFor]').selectOption({ label: value })
    else await page.getByLabel(label, { exact: true }).fill(value)
  }
  const before = await page.getByLabel('Link with terms', { exact: true }).inputValue()
  await page.getByRole('button', { name: 'Make the link' }).click()
  await until(`document.querySelector('#made-link').value !== ${JSON.stringify(before)}`)
  return page.getByLabel('Link with terms', { exact: true }).inputValue()
}

async function happened(text: string): Promise<void> {
  await page.locator('#tries li', { hasText: text }).first().waitFor()
}

it('shows the link that the form makes, and says what it allows', async () => {
  const link = await makeLink({
    'Valid for': '1 minute',
    'Who began may go on for': '1 hour more',
    Listener: 'u42',
    'Listeners who may begin': '2',
    'Streams at a time': '1',
    Network: '192.0.2.0/24',
    'Save it as': 'Night.mp3',
  })
  expect(link).toMatch(/^http:\/\/localhost:\d+\/stream\/long\?expires=\d+&terms=[\w.-]+&sig=[0-9a-f]{64}$/)
  const sentences = await page.locator('#allows li').allInnerTexts()
  expect(sentences).toEqual([
    expect.stringMatching(/^It opens Long until .*\d:\d\d:\d\d/),
    expect.stringMatching(/^Who began by then may go on for 1 hour, until /),
    'It was made for u42: each event and log line says so.',
    '2 listeners may begin. The next one gets 403, LINK_USED_UP; a seek costs nothing.',
    'One device may listen at a time, by all links of u42. The next one gets 429.',
    'It works only from 192.0.2.0/24. Elsewhere it is refused with 403.',
    'A click on it saves Night.mp3, in place of playing it.',
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
  await makeLink({ 'Listeners who may begin': '1' })
  await page.getByRole('button', { name: 'Play it here' }).click()
  await playsFrom(0)
  await page.getByRole('button', { name: 'Try on a second device' }).click()
  await happened('Device 2: 403 LINK_USED_UP')
  await page.evaluate('void (document.querySelector("audio").currentTime = 400)')
  await playsFrom(400)
})

it('lets a second device listen only when there is a place', async () => {
  await makeLink({ 'Streams at a time': '1', Listener: 'u1' })
  await page.getByRole('button', { name: 'Try on a second device' }).click()
  await happened('Device 2: 206, it plays')
  await page.getByRole('button', { name: 'Try on a third' }).click()
  await happened('Device 3: 429 TOO_MANY_STREAMS')
})

it('ends what plays when the link is revoked, and refuses it from then on', async () => {
  await makeLink({ Listener: 'u7' })
  await page.getByRole('button', { name: 'Play it here' }).click()
  await playsFrom(0)
  await page.locator('#streams li', { hasText: 'u7' }).first().waitFor()
  await page.getByRole('button', { name: 'Revoke the link' }).click()
  await happened('Revoked the link: 1 stream ended here.')
  await page.locator('#streams li', { hasText: 'u7' }).first().waitFor({ state: 'detached' })
  await page.evaluate('void (document.querySelector("audio").currentTime = 500)')
  await page.locator('.exchange', { hasText: 'LINK_REVOKED' }).first().waitFor()
  await page.getByRole('button', { name: 'Try on a second device' }).click()
  await happened('Device 2: 403 LINK_REVOKED')
})

it('takes back all links of a listener', async () => {
  await makeLink({ Listener: 'u8' })
  await page.getByRole('button', { name: 'Revoke all links of u8' }).click()
  await happened('Revoked all links of u8: 0 streams ended here.')
  await page.getByRole('button', { name: 'Try on a second device' }).click()
  await happened('Device 2: 403 LINK_REVOKED')
})

it('continues after the expiry with a seek, while a second device is refused', async () => {
  const link = await makeLink({ 'Valid for': '15 seconds', 'Who began may go on for': '1 hour more' })
  const expires = Number(new URL(link).searchParams.get('expires'))
  await page.getByRole('button', { name: 'Play it here' }).click()
  await playsFrom(0)
  await until(`Date.now() / 1000 > ${expires + 1}`)
  await page.evaluate('void (document.querySelector("audio").currentTime = 450)')
  await playsFrom(450)
  expect(await page.locator('audio').evaluate(audio => (audio as { src?: string }).src)).toContain(link)
  await page.getByRole('button', { name: 'Try on a second device' }).click()
  await happened('Device 2: 403 SIGNATURE_EXPIRED')
})

it('lists who listens, and ends a stream by its button, whose focus is not lost', async () => {
  const row = page.locator('#streams li', { hasText: 'Long' }).filter({ hasText: 'this page' }).first()
  await row.waitFor()
  expect(await row.innerText()).toMatch(
    /Long\s+this page\s+this machine · for 0:\d\d · [\d.]+ [kM]?B sent · (?:whole file|bytes \d+-\d+\/\d+)/,
  )
  await page.getByRole('button', { name: 'End Long, heard by this page' }).first().focus()
  await page.keyboard.press('Enter')
  await page.getByText('Ended Long. A player may ask again').waitFor()
  await page.locator('.exchange', { hasText: 'ended by hand' }).first().waitFor()
  expect(await page.evaluate('document.activeElement.closest("#listening") !== null')).toBe(true)
})

it('asks for the list only while it is open', async () => {
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

it('shows why there is no list where links are not for everybody', async () => {
  const built = await buildDemo()
  const closed = await built.start({ OPEN_SIGNING: 'false' })
  try {
    await page.goto(`${closed.origin}/`)
    await page
      .getByText(/The server refuses to show who listens: This server shows and ends no streams here/)
      .waitFor()
  } finally {
    await closed.stop()
    built.remove()
  }
})
