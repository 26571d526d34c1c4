#!/usr/bin/env node
/** The program `express-signed-stream`: gives the process to `runProgram`, and its words to the terminal. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { PROGRAM } from './help'
import { runProgram } from './program'

const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
  version: string
}

async function main(): Promise<void> {
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
  if (error.code !== 'EPIPE') throw error
})

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
  process.exitCode = 70
})
