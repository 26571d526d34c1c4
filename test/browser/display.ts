/** A screen of one's own that nobody sees: an Xvfb. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

export interface Display {
  /** What a program's environment must have, for it to show its windows here. */
  readonly env: { readonly DISPLAY: string }
  readonly remove: () => Promise<void>
}

/**
 * Resolves once it takes windows. It ends with the tests, even those that are killed.
 *
 * @throws Error that names the set-up script if Xvfb is not installed
 */
export async function addDisplay(): Promise<Display> {
  // It chooses a number that is free, and writes it to descriptor 3.
  const args = ['--pdeathsig', 'KILL', 'Xvfb', '-displayfd', '3', '-screen', '0', '800x600x24']
  const server = spawn('setpriv', [...args, '-nolisten', 'tcp'], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  let log = ''
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (log.length < 10_000) log += text
  })
  const closed = once(server, 'close')
  const [number] = (await Promise.race([once(server.stdio[3] as Readable, 'data'), closed])) as [unknown]
  if (!Buffer.isBuffer(number)) {
    throw new Error(`Cannot start Xvfb; .ci/setup installs what this suite needs: ${log}`)
  }
  return {
    env: { DISPLAY: `:${number.toString().trim()}` },
    async remove() {
      server.kill()
      await closed
    },
  }
}
