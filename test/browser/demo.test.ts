/** The demo's page, as somebody uses it who has just started it. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { makeEnder } from '../support/at-the-end'
import { buildDemo, type DemoProcess } from './built-demo'
import { DEMO_BROWSERS, type DemoBrowser, type DemoPage } from './demo-page'

jest.setTimeout(120_000)

const SIZE = statSync(join(__dirname, '../../audio/night-and-day.mp3')).size
const atTheEnd = makeEnder()

let demo: DemoProcess

beforeAll(async () => {
  const built = await buildDemo()
  atTheEnd(built.remove)
  demo = await built.start()
  atTheEnd(demo.stop)
})

describe.each(DEMO_BROWSERS)('%s', (name, launch) => {
  const atItsEnd = makeEnder()
  let browser: DemoBrowser
  let page: DemoPage

  beforeAll(async () => {
    browser = await launch()
    atItsEnd(() => browser.close())
    page = await browser.newPage()
    await page.goto(`${demo.origin}/`)
  })

  function textOf(selector: string): Promise<string> {
    return page.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`)
  }

  /** Seconds. */
  function position(): Promise<number> {
    return page.evaluate('document.querySelector("audio").currentTime')
  }

  /** Plays on for a moment from `seconds`, or from a second or two after that. */
  async function playsFrom(seconds: number): Promise<void> {
    await page.until(
      `(({ currentTime, paused, seeking }) => !paused && !seeking && currentTime > ${seconds + 0.2} && currentTime < ${seconds + 8})(document.querySelector('audio'))`,
    )
  }

  it('lists the tracks with how long and how large they are', async () => {
    await page.until('document.querySelectorAll("#tracks .facts span").length === 6')
    await page.until(
      '[...document.querySelectorAll("#tracks .facts")].every(facts => /:/.test(facts.innerText))',
    )
    const rows = (await textOf('#tracks')).split('\n').filter(line => line !== '')
    expect(rows.filter(line => line !== 'Play ')).toEqual(
      expect.arrayContaining(['1:31', '1.0 MB', '1:24', '8:45', '8.4 MB']),
    )
  })

  it('draws the waveform of the first one, which it has fetched by a signed link of its own', async () => {
    await page.until('document.querySelector("#drawn").innerText.startsWith("Waveform of all 1.0 MB")')
    expect(await textOf('#exchanges')).toContain('Waveform')
  })

  it('plays a track at a click, with a link that it shows until it expires', async () => {
    await page.click('#tracks li:nth-child(3) button')
    await playsFrom(0)
    expect(await textOf('#title')).toBe('Night and day')
    expect(await page.evaluate('document.querySelector("#link").value')).toMatch(
      /^http:\/\/localhost:\d+\/stream\/night-and-day\?expires=\d+&terms=iat\.\d+\.ses\.14400\.sub\.page-[0-9a-f]{8}&sig=[0-9a-f]{64}$/,
    )
    await page.until('/^59:[0-5]/.test(document.querySelector("#left").innerText)')
  })

  it('plays on from the place of a click on the waveform, and shows the range that the browser requested', async () => {
    await page.click('#waveform', 0.92)
    await playsFrom(483)
    await page.until(`[...document.querySelectorAll('.exchange.served')].some(row =>
      /Player/.test(row.innerText) && /GET bytes=[1-9]/.test(row.innerText) && /bytes [1-9][0-9]*-${SIZE - 1}\\/${SIZE}/.test(row.innerText))`)
  })

  it('plays on from the place to which the waveform is dragged', async () => {
    await page.drag('#waveform', 0.9, 0.3)
    await playsFrom(157)
  })

  it('shows at each end what was really sent', async () => {
    await page.click('#probes button:nth-child(3)')
    await page.until(`[...document.querySelectorAll('.exchange')].some(row =>
      /GET bytes=-500/.test(row.innerText) && /bytes ${SIZE - 500}-${SIZE - 1}\\/${SIZE} · 500 B sent in .* · complete/.test(row.innerText))`)
  })

  it('signs a new link at the expiry, and plays on', async () => {
    await page.click('#tracks li:nth-child(3) button')
    await page.until('document.querySelector("audio").paused')
    await page.click('#tries li:first-child button')
    await playsFrom(157)
    await page.until('/^0:0/.test(document.querySelector("#left").innerText)')
    await page.until('document.querySelector("#steps .last, #steps .failed") !== null')
    const steps = await textOf('#steps')
    expect(steps).toMatch(/^Signed for 10 seconds, in \d+ ms\. This page plays it\./)
    // Chromium loads some 4 MB ahead, and 6 MB are left. Firefox may have all of them before it suspends the download, and
    // needs no link then.
    expect(steps).toMatch(
      name === 'Chromium'
        ? /It has expired\. In time, the page signed a new link in \d+ ms/
        : /It has expired\. (?:In time, the page signed a new link in \d+ ms|The buffered part plays on without it)/,
    )
    expect(steps).toContain('The old link: 403 SIGNATURE_EXPIRED')
    expect(steps).toMatch(
      name === 'Chromium'
        ? /Seek to \d:\d\d\. Playback continues with the new link\./
        : /Seek to \d:\d\d\. .*(?:Playback continues|has buffered the whole track)/,
    )
    expect(await page.evaluate('document.querySelector("audio").error')).toBeNull()
    await playsFrom(await position())
    expect(await textOf('#exchanges')).toContain('SIGNATURE_EXPIRED')
  })

  it('is used by the keyboard alone', async () => {
    await page.evaluate('document.querySelector("#tracks li:nth-child(2) button").focus()')
    await page.press('Enter')
    await playsFrom(0)
    expect(await textOf('#title')).toBe('Morning tide')
    for (const id of ['', '', 'play', 'waveform']) {
      await page.press('Tab')
      if (id !== '') expect(await page.evaluate('document.activeElement.id')).toBe(id)
    }
    await page.press('PageUp')
    await playsFrom(30)
    await page.press('ArrowRight')
    await playsFrom(35)
    await page.press(' ')
    await page.until('document.querySelector("audio").paused')
    const valueText = 'document.activeElement.getAttribute("aria-valuetext")'
    expect(await page.evaluate(valueText)).toMatch(/^\d+ seconds of 1 minute 24 seconds$/)
    await page.press('Home')
    await page.until(`${valueText} === '0 seconds of 1 minute 24 seconds'`)

    await page.evaluate('document.querySelector("#volume").focus()')
    await page.press('ArrowLeft')
    await page.until('document.querySelector("audio").volume < 1')
  })

  it('shows that a revocation ends a stream', async () => {
    await page.click('#tries li:nth-child(7) button')
    await page.until('document.querySelector("#steps .last, #steps .failed") !== null')
    expect((await textOf('#steps')).split('\n').filter(line => line !== '')).toEqual([
      'Signed a link to Night and day for the listener Ann.',
      'Ann listens on device 2: 200',
      'Revoked the link. 1 stream has ended.',
      'Device 2 seeks: 403 LINK_REVOKED',
    ])
  })

  it('stops when its links are revoked, says why, and plays again at the button that has the focus then', async () => {
    await page.click('#tracks li:nth-child(1) button')
    await playsFrom(0)
    await page.evaluate('document.querySelector("#revoke").focus()')
    await page.press('Enter')
    await page.until('document.querySelector("#message").innerText !== ""')
    expect(await textOf('#message')).toBe(
      'Evening lanterns: The server refuses to sign a link: The link before it was revoked. Press Play to begin again.',
    )
    expect(await page.evaluate('document.querySelector("#message").role')).toBe('status')
    expect(
      await page.evaluate(
        '(({ paused, readyState }) => [paused, readyState])(document.querySelector("audio"))',
      ),
    ).toEqual([true, 0])
    expect(await page.evaluate('document.querySelector("#link").value')).toBe('')
    expect(
      await page.evaluate('[document.activeElement.id, document.activeElement.getAttribute("aria-label")]'),
    ).toEqual(['play', 'Play'])

    await page.press('Enter')
    await playsFrom(0)
    expect(await textOf('#message')).toBe('')
    expect(await textOf('#title')).toBe('Evening lanterns')
  })

  it('ends a try of the expiry whose next link is refused', async () => {
    await page.click('#tries li:first-child button')
    await page.until('/^0:0[1-9]/.test(document.querySelector("#left").innerText)')
    await page.click('#revoke')
    await page.until('document.querySelector("#steps .failed") !== null')
    expect(await textOf('#steps')).toContain('This try failed: The server refuses to sign a link.')
  })

  it('requests nothing from any other server', () => {
    expect(page.requests.length).toBeGreaterThan(20)
    // Firefox draws the bullets of lists with a font of its own, which is in its data.
    const own = page.requests.filter(url => !url.startsWith('data:font/woff2;base64,'))
    expect(own.filter(url => !url.startsWith(`${demo.origin}/`))).toEqual([])
  })

  it('breaks no rule of its own content security policy, and throws nothing', () => {
    // Refusals, and the stream that is revoked, are what the page shows.
    expect(page.complaints.filter(text => !/status of 403|CONTENT_LENGTH_MISMATCH/.test(text))).toEqual([])
  })
})
