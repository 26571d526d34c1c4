/** A fresh page for each test of a `describe`, in a browser that is started once for all of them. */
import { makeEnder } from '../support/at-the-end'
import type { BrowserPage, RunningBrowser } from './browsers'

/** @param begin gets the page before each test, and may bring it to where the tests begin */
export function openForEachTest(
  launch: () => Promise<RunningBrowser>,
  begin: (page: BrowserPage) => unknown,
): void {
  const atItsEnd = makeEnder()
  let browser: RunningBrowser
  let page: BrowserPage

  beforeAll(async () => {
    browser = await launch()
    atItsEnd(() => browser.close())
  })
  beforeEach(async () => {
    page = await browser.newPage()
    await begin(page)
  })
  afterEach(() => page.close())
}
