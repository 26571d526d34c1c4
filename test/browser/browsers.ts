/** The browsers that the tests drive, each by the same few calls. */
import { launchChromium } from './chromium'
import { launchFirefox } from './firefox'

export interface BrowserPage {
  readonly goto: (url: string) => Promise<unknown>
  /** What the expression comes to; what it promises, where it promises. */
  readonly evaluate: <Result>(expression: string) => Promise<Result>
  readonly close: () => Promise<void>
}

export interface RunningBrowser {
  /** A page with an empty cache of its own. */
  readonly newPage: () => Promise<BrowserPage>
  readonly close: () => Promise<void>
}

async function firefox(acceptsCertificates = false): Promise<RunningBrowser> {
  const browser = await launchFirefox(acceptsCertificates)
  return {
    async newPage() {
      const context = await browser.createBrowserContext()
      const page = await context.newPage()
      return {
        goto: url => page.goto(url),
        evaluate: async <Result>(expression: string) => (await page.evaluate(expression)) as Result,
        close: () => context.close(),
      }
    },
    close: () => browser.close(),
  }
}

/** The name of each browser, and how it is started. */
export const BROWSERS: readonly [name: 'Chromium' | 'Firefox', launch: () => Promise<RunningBrowser>][] = [
  ['Chromium', () => launchChromium()],
  ['Firefox', () => firefox()],
]

/** The same, for a server with a certificate that nobody knows: Chromium takes that of this key alone, Firefox any. */
export const BROWSERS_OVER_TLS: readonly [
  name: 'Chromium' | 'Firefox',
  launch: (keyHash: string) => Promise<RunningBrowser>,
][] = [
  ['Chromium', keyHash => launchChromium([`--ignore-certificate-errors-spki-list=${keyHash}`])],
  ['Firefox', () => firefox(true)],
]
