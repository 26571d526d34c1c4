#!/usr/bin/env node
/** The program `express-signed-stream`: gives the process to `runProgram`, and its words to the terminal. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { printable } from './printable'
import { inOneLine, runProgram } from './program'
import { readFileStart, readStreamStart } from './read-start'

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
      read: (path, limit) =>
        path === '-' ? readStreamStart(process.stdin, limit) : readFileStart(path, limit),
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
  process.stderr.write(inOneLine(`Cannot write: ${error.code}`))
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
  process.stderr.write(inOneLine(warning.message))
})

main().catch((error: unknown) => {
  process.stderr.write(`${inspect(error).split('\n').map(printable).join('\n')}\n`)
  process.exitCode = FAULT
})
