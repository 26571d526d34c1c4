/**
 * As much of WebDriver (https://www.w3.org/TR/webdriver2/) as the tests need. The libraries for it that are well kept
 * do not run on the oldest Node that we support.
 */

/** Milliseconds for one script, and for one page to load. */
const TIMEOUT = 90_000

export class WebDriverSession {
  readonly #url: string

  private constructor(url: string) {
    this.#url = url
  }

  /** Starts a browser. `driver`: the origin of the program that drives it. */
  static async start(driver: string, capabilities: object): Promise<WebDriverSession> {
    const timeouts = { script: TIMEOUT, pageLoad: TIMEOUT }
    const alwaysMatch = { ...capabilities, timeouts }
    const session = await send('POST', `${driver}/session`, { capabilities: { alwaysMatch } })
    return new WebDriverSession(`${driver}/session/${(session as { sessionId: string }).sessionId}`)
  }

  async goto(url: string): Promise<void> {
    await send('POST', `${this.#url}/url`, { url })
    // WebKitGTK may come back before the modules of the page have run.
    await this.evaluate(`document.readyState === 'complete' || new Promise(resolve => {
      addEventListener('load', () => resolve(true))
    })`)
  }

  /** What the expression comes to in the page; what it resolves with, if it is a promise. */
  async evaluate(expression: string): Promise<unknown> {
    const script = `
      const finish = arguments[0]
      Promise.resolve().then(() => (${expression})).then(
        value => finish({ value }),
        error => finish({ error: String(error) }),
      )`
    const outcome = (await send('POST', `${this.#url}/execute/async`, { script, args: [] })) as {
      readonly value?: unknown
      readonly error?: string
    }
    if (outcome.error !== undefined) throw new Error(`The page rejected: ${outcome.error}`)
    return outcome.value
  }

  /** Ends the browser. */
  async close(): Promise<void> {
    await send('DELETE', this.#url)
  }
}

/** Whether the driver takes sessions. */
export async function isReady(driver: string): Promise<boolean> {
  try {
    return ((await send('GET', `${driver}/status`)) as { ready: boolean }).ready
  } catch {
    return false
  }
}

async function send(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT + 10_000),
  })
  const { value } = (await response.json()) as { readonly value: unknown }
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname} failed: ${JSON.stringify(value)}`)
  return value
}
