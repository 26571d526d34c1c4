/** Debian's WebKitGTK, driven over WebDriver, with a screen and a sound device of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../support/free-ports'
import type { RunningBrowser } from './browsers'
import { addDisplay } from './display'
import { addSoundDevice } from './sound-device'
import { isReady, WebDriverSession } from './webdriver'

const DRIVER = '/usr/bin/WebKitWebDriver'
/** The driver finds the browser that belongs to it; it must be told to let scripts play. */
const CAPABILITIES = {
  browserName: 'MiniBrowser',
  'webkitgtk:browserOptions': { args: ['--automation', '--autoplay-policy=allow'] },
}
/** Milliseconds between two looks at a driver that starts, and how many there are. */
const LOOK_INTERVAL = 50
const LOOKS = 400

/**
 * Each page is a browser of its own, with an empty cache. `close` also ends the driver, the screen and the sound device.
 *
 * @throws Error that names the set-up script if WebKitWebDriver, Xvfb or PulseAudio is not installed
 */
export async function launchWebKit(): Promise<RunningBrowser> {
  if (!existsSync(DRIVER)) {
    throw new Error(`Cannot start ${DRIVER}: it is not installed; .ci/setup installs what this suite needs`)
  }
  const home = mkdtempSync(join(tmpdir(), 'webkit-'))
  const ends: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true, maxRetries: 5 })]
  async function close(): Promise<void> {
    for (const end of ends.reverse()) await end()
  }

  try {
    const sound = await addSoundDevice(home)
    ends.push(sound.remove)
    const display = await addDisplay()
    ends.push(display.remove)
    const driver = await startDriver({ HOME: home, XDG_RUNTIME_DIR: home, ...sound.env, ...display.env })
    ends.push(driver.stop)
    return {
      async newPage() {
        const session = await WebDriverSession.start(driver.origin, CAPABILITIES)
        let closing: Promise<void> | undefined
        return {
          goto: url => session.goto(url),
          evaluate: async <Result>(expression: string) => (await session.evaluate(expression)) as Result,
          close: () => (closing ??= session.close()),
        }
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface Driver {
  readonly origin: string
  readonly stop: () => Promise<void>
}

async function startDriver(env: Readonly<Record<string, string>>): Promise<Driver> {
  // The driver does not say which port it has chosen.
  const port = await freePort()
  // Ends with the tests, even those that are killed; and its browser with the screen.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', DRIVER, `--port=${port}`], {
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', ...env },
    stdio: 'ignore',
  })
  const closed = once(child, 'close')
  const origin = `http://127.0.0.1:${port}`
  async function stop(): Promise<void> {
    child.kill()
    await closed
  }
  // It says nothing when it listens.
  for (let look = 0; look < LOOKS; look += 1) {
    if (await isReady(origin)) return { origin, stop }
    await delay(LOOK_INTERVAL)
  }
  await stop()
  throw new Error(`Cannot start ${DRIVER}: it did not listen at port ${port}`)
}
