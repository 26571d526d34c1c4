/** The tries of the demo's page: each shows at one button what a link can do, and what the server responds. */
import type { Page } from 'playwright-core'
import { makeEnder } from '../support/at-the-end'
import { makeTrackDirectory } from '../support/tracks'
import type { DemoProcess } from './built-demo'
import { useDemoInChromium } from './demo-in-chromium'
import { silence } from './silence'

jest.setTimeout(120_000)

const atTheEnd = makeEnder()
const { start, open } = useDemoInChromium()
let demo: DemoProcess
let page: Page

beforeAll(async () => {
  const tracks = makeTrackDirectory()
  atTheEnd(tracks.remove)
  // Longer than a browser and the sockets buffer, so that it is a stream in progress while it plays.
  tracks.write('long.wav', silence(600))
  tracks.write('short.wav', silence(2))
  demo = await start({ AUDIO_DIR: tracks.path })
})
beforeEach(async () => {
  page = await open(`${demo.origin}/`)
})
afterEach(() => page.close())

function steps(): Promise<string[]> {
  return page.locator('#steps li').allInnerTexts()
}

/** Presses the button of a try, and waits for its last step. */
async function tryOut(name: string): Promise<string[]> {
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click()
  await page.locator('#steps .last').waitFor()
  return steps()
}

it.each([
  [
    'Session',
    [
      'Signed for 10 seconds. A listener who has begun may play on for 1 hour.',
      'Device 2 begins: 206',
      'It has expired.',
      'Device 2 seeks: 206',
      'Device 3 begins: 403 SIGNATURE_EXPIRED',
    ],
  ],
  [
    'One listener',
    [
      'Signed for one listener.',
      'Device 2 begins: 206',
      'Device 2 seeks: 206',
      'Device 3 begins: 403 LINK_USED_UP',
    ],
  ],
  [
    'One stream',
    [
      'Signed for one stream at a time.',
      'Device 2 listens: 206',
      'Device 3 listens too: 429 TOO_MANY_STREAMS',
    ],
  ],
  [
    'One network',
    [
      'Signed for the address 192.0.2.2.',
      'Device 2, at 192.0.2.2: 206',
      'Device 3, at 192.0.2.3: 403 NETWORK_NOT_ALLOWED',
    ],
  ],
  [
    'Revocation',
    [
      'Signed a link to Long for the listener Ann.',
      'Ann listens on device 2: 200',
      'Revoked the link. 1 stream has ended.',
      'Device 2 seeks: 403 LINK_REVOKED',
    ],
  ],
])('shows %s', async (name, expected) => {
  expect(await tryOut(name)).toEqual(expected)
})

it('saves the track under the name of the link', async () => {
  const downloading = page.waitForEvent('download')
  expect(await tryOut('Save as')).toEqual([
    'Signed with the file name “Signed long.wav”.',
    'The server sends it as a download: 206',
    'This browser saves the file.',
  ])
  expect((await downloading).suggestedFilename()).toBe('Signed long.wav')
})

it('lists live listeners, each of whom one can end', async () => {
  await page.getByRole('button', { name: /^Live listeners/ }).click()
  await page.locator('#steps').getByRole('link', { name: 'Who listens now' }).click()
  expect(await page.evaluate('document.activeElement.id')).toBe('listening-title')
  for (const name of ['Ben', 'Ann']) {
    await page.getByRole('button', { name: `End the stream of Long: ${name}` }).click()
    await page.locator('#steps li', { hasText: `${name}: the stream has ended.` }).waitFor()
    await page.locator('#ended li', { hasText: name }).first().waitFor()
  }
  expect(await steps()).toEqual([
    'Ann listens on device 2: 200',
    'Ben listens on device 3: 200',
    'Look at Who listens now, and press End there.',
    'Ben: the stream has ended.',
    'Ann: the stream has ended.',
  ])
})

it('ends the streams of a try that another one replaces', async () => {
  await page.getByRole('button', { name: /^Live listeners/ }).click()
  await page.locator('#streams li', { hasText: 'Ben' }).waitFor()
  await tryOut('One network')
  await page.locator('#streams li', { hasText: 'Ben' }).waitFor({ state: 'detached' })
  expect(await page.locator('#tries [aria-current]').count()).toBe(1)
})

it('ends the try when another track is chosen', async () => {
  await page.getByRole('button', { name: /^Session/ }).click()
  await page.getByText('Device 2 begins:').waitFor()
  await page.getByRole('button', { name: 'Play Short' }).click()
  await page.locator('#tried').waitFor({ state: 'hidden' })
})

it('says why a try failed', async () => {
  await page.getByRole('button', { name: /^One listener/ }).waitFor()
  await page.route('**/api/sign/**', route => route.abort())
  await page.getByRole('button', { name: /^One listener/ }).click()
  await page.getByText('This try failed: The server does not respond. Is it still running?').waitFor()
})

it('says how to try several devices if the server takes them for one', async () => {
  const extraHTTPHeaders = { 'X-Forwarded-For': '203.0.113.7' }
  const proxied = await open(`${demo.origin}/`, { extraHTTPHeaders })
  await proxied.getByRole('button', { name: /^One listener/ }).click()
  await proxied.locator('#steps').getByText('Open this page at localhost, without a proxy.').waitFor()
  await proxied.getByRole('button', { name: 'Make the link' }).click()
  await proxied.locator('#tried-link').getByText('Open this page at localhost, without a proxy.').waitFor()
  await proxied.close()
})

describe('if a worker of the server does not respond', () => {
  /** Adds what the server says then; test/demo/worker-faults.test.ts shows that it does. */
  async function addIncomplete(path: string): Promise<void> {
    await page.route(path, async route => {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...((await response.json()) as object), isIncomplete: true } })
    })
  }

  it('says that the list of listeners lacks its streams, until it is complete again', async () => {
    const text = page.getByText('A worker does not respond: its streams are not in this list.')
    await addIncomplete('**/api/streams')
    await text.waitFor()
    await page.unroute('**/api/streams')
    await text.waitFor({ state: 'hidden' })
  })

  it('says that a revocation reaches it later', async () => {
    await addIncomplete('**/api/revoke')
    const [, , revoked] = await tryOut('Revocation')
    expect(revoked).toBe(
      'Revoked the link. 1 stream has ended. A worker does not respond: its streams end 2 seconds after it responds again.',
    )
  })
})

it('says which library it is, and copies the commands for the others', async () => {
  await page.locator('#library', { hasText: /^One folder$/ }).waitFor()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByText('Your own music').click()
  await page.getByRole('button', { name: 'Copy the command for Folders' }).click()
  await page.getByText('Command copied').waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
    'LIBRARY=tree AUDIO_DIR=~/Music npm run demo',
  )
})
