/** Debian's Firefox, driven by Puppeteer over WebDriver BiDi, with a sound device of its own. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch, type Browser } from 'puppeteer-core'
import { addSoundDevice, type SoundDevice } from './sound-device'

const FIREFOX = '/usr/bin/firefox-esr'

const PREFERENCES = {
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.autoplay.block-webaudio': false,
}

/** Ends the browser with the tests, even those that are killed: what Puppeteer does about signals is lost in Jest. */
const STARTER = `#!/bin/sh
exec setpriv --pdeathsig KILL ${FIREFOX} "$@"
`

/**
 * The browser's `close` also ends its sound device and removes its profile. Pages of one `createBrowserContext` share a
 * cache, and no others.
 *
 * @param acceptInsecureCerts whether it takes the certificates of tests, and all others
 * @throws Error that names the set-up script where Firefox or PulseAudio is not installed
 */
export async function launchFirefox(acceptInsecureCerts = false): Promise<Browser> {
  if (!existsSync(FIREFOX)) {
    throw new Error(`Cannot start ${FIREFOX}: it is not installed; .ci/setup installs what this suite needs`)
  }
  const home = mkdtempSync(join(tmpdir(), 'firefox-'))
  let sound: SoundDevice | undefined

  async function cleanUp(): Promise<void> {
    await sound?.remove()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }

  try {
    sound = await addSoundDevice(home)
    const starter = join(home, 'start-firefox')
    writeFileSync(starter, STARTER, { mode: 0o700 })
    const browser = await launch({
      browser: 'firefox',
      executablePath: starter,
      userDataDir: join(home, 'profile'),
      env: { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C.UTF-8', ...sound.env },
      extraPrefsFirefox: PREFERENCES,
      acceptInsecureCerts,
      timeout: 60_000,
    })
    const close = browser.close.bind(browser)
    browser.close = async () => {
      await close().finally(cleanUp)
    }
    return browser
  } catch (error) {
    await cleanUp()
    throw error
  }
}
