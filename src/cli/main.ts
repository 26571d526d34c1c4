#!/usr/bin/env node
/** The program `express-signed-stream`: gives the process to `runProgram`, and its words to the terminal. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { PROGRAM } from './help'
import { runProgram } from './program'

/** Of sysexits: neither a refused link nor a wrong call. */
const FAULT = 70

async function main(): Promise<void> {
  const description = await readFile(join(__dirname, '../../package.json'), 'utf8')
  const { version } = JSON.parse(description) as { version: string }
  const { exitCode, stdout, stderr } = await runProgram(
    process.argv.slice(2),
    {
      environment: process.env,
      now: () => Date.now() / 1000,
      randomBytes,
      read: path => (path === '-' ? buffer(process.stdin) : readFile(path)),
    },
    version,
  )
  process.exitCode = exitCode
  process.stdout.write(stdout)
  process.stderr.write(stderr)
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `| head` has read enough.
  if (error.code === 'EPIPE') return
  console.error(`${PROGRAM}: Cannot write: ${error.code}`)
  process.exitCode = FAULT
})

// Nobody is left who could be told.
process.stderr.on('error', () => undefined)

// Node's own line would name the process and speak of --trace-warnings.
process.removeAllListeners('warning')
const warned = new Set<string | undefined>()
process.on('warning', (warning: Error & { code?: string }) => {
  if (warned.has(warning.code)) return
  warned.add(warning.code)
  process.stderr.write(`${PROGRAM}: ${warning.message}\n`)
})

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = FAULT
})
