#!/usr/bin/env node
/** The program `express-signed-stream`: runs `runProgram` with this process, and writes its output. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { toPrintable } from '../http/printable'
import { formatMessage, runProgram } from './program'
import { connectToRedis } from './redis-connection'
import { readFileStart, readStreamStart } from './read-start'
import { runChild } from './run-child'

/** EX_SOFTWARE of sysexits.h, so that a script cannot take it for a refused link (1) or wrong usage (2). */
const INTERNAL_ERROR = 70

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
      readSignVectors: () => readFile(join(__dirname, '../../vectors/sign.json'), 'utf8'),
      runChild,
      connect: connectToRedis,
    },
    version,
  )
  process.exitCode = exitCode
  process.stdout.write(stdout)
  process.stderr.write(stderr)
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A program such as `| head` has closed the pipe.
  if (error.code === 'EPIPE') return
  process.stderr.write(formatMessage(`Cannot write: ${error.code}`))
  process.exitCode = INTERNAL_ERROR
})

// There is no other place to report this.
process.stderr.on('error', () => undefined)

// Node would print the process id and a hint about --trace-warnings.
process.removeAllListeners('warning')
const warned = new Set<string | undefined>()
process.on('warning', (warning: Error & { code?: string }) => {
  if (warned.has(warning.code)) return
  warned.add(warning.code)
  process.stderr.write(formatMessage(warning.message))
})

main().catch((error: unknown) => {
  process.stderr.write(
    `${inspect(error)
      .split('\n')
      .map(line => toPrintable(line))
      .join('\n')}\n`,
  )
  process.exitCode = INTERNAL_ERROR
})
