/** The demo, built for all tests of a file, and a Chromium to look at its page. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { makeEnder } from '../support/at-the-end'
import { buildDemo, type BuiltDemo, type DemoProcess } from './built-demo'
import { launchChromium } from './chromium'

export interface DemoInChromium {
  /** Starts a demo. It ends with the tests of the file, unless a test stops it before. */
  readonly start: (environment?: Readonly<Record<string, string>>) => Promise<DemoProcess>
  /** Opens the page at an address, in a context of its own. */
  readonly open: (url: string, options?: BrowserContextOptions) => Promise<Page>
  /** What the page needs and the sources lack, as `vendor`. */
  readonly builtFiles: () => string
}

export function useDemoInChromium(): DemoInChromium {
  const atTheEnd = makeEnder()
  let built: BuiltDemo
  let browser: Browser

  beforeAll(async () => {
    built = await buildDemo()
    atTheEnd(built.remove)
    browser = await launchChromium()
    atTheEnd(() => browser.close())
  })

  return {
    async start(environment) {
      const demo = await built.start(environment)
      atTheEnd(demo.stop)
      return demo
    },
    async open(url, options) {
      const page = await browser.newPage(options)
      await page.goto(url)
      return page
    },
    builtFiles: () => built.directory,
  }
}
