/** The demo's page below a path: behind nginx, and in an Express app that mounts the demo. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import type { Page } from 'playwright-core'
import { makeDemo } from '../demo/support'
import { runNginxServers } from '../operations/nginx-process'
import { makeEnder } from '../support/at-the-end'
import { freePort } from '../support/free-ports'
import { listen } from '../support/server'
import { useDemoInChromium } from './demo-in-chromium'

jest.setTimeout(120_000)

const AUDIO = join(__dirname, '../../audio')
const atTheEnd = makeEnder()
const { start, open, builtFiles } = useDemoInChromium()

/** Serves `/music/` by the demo at `upstream`, and nothing else. @returns the origin */
async function startNginx(upstream: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'below-'))
  const port = await freePort()
  const { stop } = await runNginxServers(
    home,
    `server { listen 127.0.0.1:${port}; location /music/ {
       proxy_pass ${upstream.replace('localhost', '127.0.0.1')}/;
       proxy_http_version 1.1; proxy_set_header Connection "";
     } }`,
  )
  atTheEnd(async () => {
    await stop()
    rmSync(home, { recursive: true })
  })
  return `http://127.0.0.1:${port}`
}

/** An app that mounts the demo at `/music`. @returns the origin */
async function startExpress(): Promise<string> {
  const { app: demo, directory } = makeDemo()
  atTheEnd(directory.remove)
  for (const name of ['morning-tide.mp3', 'night-and-day.mp3']) {
    copyFileSync(join(AUDIO, name), join(directory.path, name))
  }
  const app = express()
  // Of a build, which the sources lack.
  app.use('/music/vendor', express.static(join(builtFiles(), 'vendor')))
  app.use('/music', demo)
  const server = await listen(app)
  atTheEnd(() => server.close())
  return server.origin
}

describe.each([
  ['behind nginx', async () => startNginx((await start()).origin)],
  ['in an Express app', startExpress],
])('%s', (_how, serve) => {
  let origin: string
  let page: Page
  const requests: string[] = []
  const complaints: string[] = []

  beforeAll(async () => {
    origin = await serve()
    page = await open('about:blank')
    page.on('request', request => requests.push(request.url()))
    page.on('pageerror', error => complaints.push(String(error)))
    page.on('response', response => {
      if (response.status() === 404) complaints.push(response.url())
    })
    // Without the last slash, as people write it.
    await page.goto(`${origin}/music`)
  })

  it('plays, and shows the exchanges live', async () => {
    expect(page.url()).toBe(`${origin}/music/`)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Play Night and day' }).click()
    await page.locator('#position', { hasText: /^0:0[1-9]/ }).waitFor()
    expect(await page.locator('#link').inputValue()).toMatch(`${origin}/music/stream/night-and-day?`)
    await page.locator('.exchange.served', { hasText: 'Player' }).first().waitFor()
    await page.getByText('Waveform of all 8.4 MB').waitFor()
  })

  it('tries links, revokes them, and lists who listens', async () => {
    await page.getByRole('button', { name: /^One listener/ }).click()
    await page.locator('#steps').getByText('403 LINK_USED_UP').waitFor()
    await page.getByRole('button', { name: /^Revocation/ }).click()
    await page.locator('#steps').getByText('403 LINK_REVOKED').waitFor()
    await page.locator('#ended li', { hasText: 'Ann' }).first().waitFor()
    await page.getByRole('button', { name: 'Make the link' }).click()
    await page.getByRole('button', { name: 'Play it here' }).click()
    await page.locator('#position', { hasText: /^0:0[1-9]/ }).waitFor()
  })

  it('requests nothing outside its path, and finds everything', () => {
    expect(requests.length).toBeGreaterThan(20)
    expect(requests.filter(url => !url.startsWith(`${origin}/music/`))).toEqual([`${origin}/music`])
    expect(complaints).toEqual([])
  })
})
