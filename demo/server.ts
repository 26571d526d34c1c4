/** The program: `npm run demo`. */
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { inspect } from 'node:util'
import closeWithGrace from 'close-with-grace'
import pino from 'pino'
import { describeUsage } from './settings/help'
import { escapeStack } from './process/printable'
import { startDemo } from './start'

/** Bytes of the log that may wait for who reads it; what is beyond is lost, so that listeners are not. */
const MAX_UNWRITTEN = 8 * 1024 * 1024

/** Milliseconds for the last lines, where nobody may be reading them. */
const LAST_WRITES = 2000

/** What asks for an abrupt end, or is not ours. */
const LEFT_ALONE = [
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGUSR2',
  'beforeExit',
] as const

async function main(): Promise<void> {
  const [argument] = process.argv.slice(2)
  if (argument === '--help' || argument === '-h') {
    console.log(describeUsage())
    return
  }
  if (argument !== undefined) throw new Error(`${argument} is no option; --help tells what there is`)
  readEnvFile()

  // Not in the way of listeners: a pipe that nobody reads would hold up the whole process.
  const log = pino.destination({ sync: false, maxLength: MAX_UNWRITTEN })
  // A full disk, a reader that is gone: the music plays on.
  log.on('error', () => undefined)
  const demo = await startDemo(process.env, {
    log: line => {
      log.write(`${line}\n`)
    },
    error: console.error,
    isTerminal: process.stdout.isTTY,
  })
  if (demo === undefined) {
    process.exitCode = 1
    return
  }

  closeWithGrace(
    {
      delay: false,
      skip: [...LEFT_ALONE],
      onSecondSignal: signal => {
        endAtOnce(`second ${signal}, exiting`)
      },
      onSecondError: endAtOnce,
    },
    async ({ err }) => {
      if (err !== undefined) console.error(escapeStack(inspect(err)))
      await demo.stop()
      // Not flushSync: it overtakes a write that is under way, and tries for ever where the disk is full.
      const closed = once(log, 'close', { signal: AbortSignal.timeout(LAST_WRITES) })
      log.end()
      await closed.catch(giveUp)
    },
  )

  /** What is not written now is not waited for when the process ends. */
  function giveUp(): void {
    log.destroy()
  }

  function endAtOnce(reason: unknown): void {
    console.error(reason)
    giveUp()
  }
}

/** The environment itself goes before what the file says. */
function readEnvFile(): void {
  const hasFile = statSync('.env', { throwIfNoEntry: false }) !== undefined
  // Node 20.12; older ones take `node --env-file`.
  if (hasFile && 'loadEnvFile' in process) process.loadEnvFile()
}

main().catch((error: unknown) => {
  console.error(`Cannot start: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
