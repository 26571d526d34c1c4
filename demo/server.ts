/** The program: `npm run demo`. */
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { inspect } from 'node:util'
import closeWithGrace from 'close-with-grace'
import pino from 'pino'
import { describeUsage } from './settings/help'
import { gatherLines } from './process/gather-lines'
import { escapeStack } from './process/printable'
import { sizeThreadPool } from './process/thread-pool'
import { startDemo } from './start'
import { joinPeers } from './workers/peers'

/** Bytes of the log that may wait to be written. More are dropped, so that a full pipe does not stop the streams. */
const MAX_UNWRITTEN = 8 * 1024 * 1024

/** Milliseconds to write the last lines, which may be more than the pipe takes. */
const LAST_WRITES = 2000

/** Events that close-with-grace handles by default, and that this program leaves to Node. */
const NOT_HANDLED = [
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
  if (argument !== undefined) throw new Error(`${argument} is not an option; see --help`)
  readEnvFile()
  sizeThreadPool(process.env)

  // Asynchronous: with a synchronous one, a pipe that is not read would block the whole process.
  const log = pino.destination({ sync: false, maxLength: MAX_UNWRITTEN })
  let logEnded: Promise<void> | undefined
  // A full disk or a closed pipe must not end the streams.
  log.on('error', () => undefined)
  const lines = gatherLines(text => {
    log.write(text)
  })
  const peers = joinPeers()
  const demo = await startDemo(
    process.env,
    {
      log: line => {
        lines.add(line)
      },
      error: console.error,
      isTerminal: process.stdout.isTTY,
    },
    peers,
  )
  if (demo === undefined) {
    process.exitCode = 1
    // The channel to the primary process would keep this one.
    if (peers !== undefined) process.exit()
    return
  }

  peers?.on('stop', async () => {
    const outcome = await demo.stop()
    // Not by a signal, because one that comes now is the first for this process.
    setImmediate(() => {
      void endLog().then(() => process.exit(0))
    })
    return outcome
  })

  closeWithGrace(
    {
      delay: false,
      skip: [...NOT_HANDLED],
      onSecondSignal: signal => {
        // Of several processes, the first one says so.
        exitAtOnce(peers === undefined ? `second ${signal}, exiting` : undefined)
      },
      onSecondError: exitAtOnce,
    },
    async ({ err }) => {
      if (err !== undefined) console.error(escapeStack(inspect(err)))
      try {
        await demo.stop()
      } finally {
        await endLog()
      }
    },
  )

  function endLog(): Promise<void> {
    return (logEnded ??= writeLast())
  }

  async function writeLast(): Promise<void> {
    // Not flushSync: it overtakes a write in progress, and never returns if the disk is full.
    const closed = once(log, 'close', { signal: AbortSignal.timeout(LAST_WRITES) })
    lines.flush()
    log.end()
    await closed.catch(dropLines)
  }

  /** Drops the lines that are not written yet, which would keep the process running. */
  function dropLines(): void {
    log.destroy()
  }

  function exitAtOnce(reason: unknown): void {
    if (reason !== undefined) console.error(reason)
    demo?.kill?.()
    dropLines()
  }
}

/** Reads `.env`. Variables that the environment has already stay as they are. */
function readEnvFile(): void {
  const hasFile = statSync('.env', { throwIfNoEntry: false }) !== undefined
  // Node 20.12 or newer; with older versions, `node --env-file` does the same.
  if (hasFile && 'loadEnvFile' in process) process.loadEnvFile()
}

main().catch((error: unknown) => {
  console.error(`Cannot start: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
