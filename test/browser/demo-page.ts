/** The demo's page in a browser, as a listener sees and uses it; the same calls for Playwright and for Puppeteer. */
import { launchChromium } from './chromium'
import { launchFirefox } from './firefox'

export interface DemoPage {
  readonly goto: (url: string) => Promise<unknown>
  readonly evaluate: <Result>(expression: string) => Promise<Result>
  /** Resolves once the expression holds. */
  readonly until: (expression: string) => Promise<void>
  /** Clicks, with the mouse, a part of the way along the element. */
  readonly click: (selector: string, part?: number) => Promise<void>
  readonly drag: (selector: string, from: number, to: number) => Promise<void>
  readonly press: (key: Key) => Promise<void>
  /** The URL of each request so far. */
  readonly requests: readonly string[]
  /** Errors and warnings of the browser so far, and what the policy forbids. */
  readonly complaints: readonly string[]
  readonly close: () => Promise<void>
}

export type Key = 'Tab' | 'Enter' | ' ' | 'Home' | 'End' | 'ArrowLeft' | 'ArrowRight' | 'PageUp'

export interface DemoBrowser {
  readonly newPage: () => Promise<DemoPage>
  readonly close: () => Promise<void>
}

/** What Playwright's and Puppeteer's pages have in common. */
interface Driven {
  goto(url: string): Promise<unknown>
  evaluate(expression: string): Promise<unknown>
  readonly keyboard: { press(key: Key): Promise<void> }
  readonly mouse: {
    click(x: number, y: number): Promise<void>
    move(x: number, y: number, options: { steps: number }): Promise<void>
    down(): Promise<void>
    up(): Promise<void>
  }
  on(event: 'request', listener: (request: { url(): string }) => void): unknown
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): unknown
  on(event: 'pageerror', listener: (error: unknown) => void): unknown
}

/** Runs before the page does, and reports what the policy forbids also if the browser's console does not. */
const WATCH_POLICY = `addEventListener('securitypolicyviolation', event => {
  console.error('Forbidden by ' + event.violatedDirective + ': ' + event.blockedURI)
})`

export function usePage(page: Driven, close: () => Promise<void>): DemoPage {
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', request => requests.push(request.url()))
  page.on('console', message => {
    if (/^(?:error|warn)/.test(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(String(error)))

  async function evaluate<Result>(expression: string): Promise<Result> {
    return (await page.evaluate(expression)) as Result
  }

  async function find(selector: string, part: number): Promise<[x: number, y: number]> {
    return evaluate(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)})
      element.scrollIntoView({ block: 'center', behavior: 'instant' })
      const { left, top, width, height } = element.getBoundingClientRect()
      return [left + width * ${part}, top + height / 2]
    })()`)
  }

  return {
    requests,
    complaints,
    goto: url => page.goto(url),
    evaluate,
    async until(expression) {
      // Written into the page as code, because the policy of the page does not allow it to evaluate a text.
      const holds = await evaluate<boolean>(`new Promise(resolve => {
        const timer = setInterval(() => {
          if (!(${expression})) return
          clearInterval(timer)
          resolve(true)
        }, 20)
        setTimeout(resolve, 30_000, false)
      })`)
      if (!holds) throw new Error(`It never held: ${expression}`)
    },
    async click(selector, part = 0.5) {
      await page.mouse.click(...(await find(selector, part)))
    },
    async drag(selector, from, to) {
      const [x, y] = await find(selector, to)
      await page.mouse.move(...(await find(selector, from)), { steps: 1 })
      await page.mouse.down()
      await page.mouse.move(x, y, { steps: 8 })
      await page.mouse.up()
    },
    press: key => page.keyboard.press(key),
    close,
  }
}

async function chromium(): Promise<DemoBrowser> {
  const browser = await launchChromium()
  return {
    async newPage() {
      const page = await browser.newPage()
      await page.addInitScript(WATCH_POLICY)
      return usePage(page, () => page.close())
    },
    close: () => browser.close(),
  }
}

async function firefox(): Promise<DemoBrowser> {
  const browser = await launchFirefox()
  return {
    async newPage() {
      const context = await browser.createBrowserContext()
      const page = await context.newPage()
      await page.evaluateOnNewDocument(WATCH_POLICY)
      return usePage(page as unknown as Driven, () => context.close())
    },
    close: () => browser.close(),
  }
}

/** The name of each browser, and how it is started. */
export const DEMO_BROWSERS: readonly [name: string, launch: () => Promise<DemoBrowser>][] = [
  ['Chromium', chromium],
  ['Firefox', firefox],
]
