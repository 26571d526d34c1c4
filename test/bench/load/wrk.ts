/**
 * A load of HTTP/1.1 requests on keep-alive connections, each of which sends its next request when it has the whole
 * response. wrk makes it: a client in Node is so busy that a fast server need not wake it and a slower one must, at a
 * cost to both.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onCore } from '../measure/machine'

export interface Load {
  /** As `https://127.0.0.1:443`. */
  readonly origin: string
  readonly connections: number
  readonly seconds: number
  /** The whole text of each request. They are sent in this order, again and again. */
  readonly requests: readonly string[]
  readonly isRefused: boolean
  /** Bytes of body that each response must have. */
  readonly length: number
  /** For a file. */
  readonly directory: string
}

interface Summary {
  readonly answered: number
  /** Also of responses that were not complete. */
  readonly bytes: number
  /** Responses with a status of 400 or more. */
  readonly refused: number
  readonly failed: number
}

/** More bytes than any head has. */
const MAX_HEAD = 2048

/** From this many bytes on, parts of responses at the end of a slice count as parts. */
const LARGE = 1024 * 1024

/** Milliseconds after its slice in which wrk must have ended. */
const PATIENCE = 20_000

/** Of a slice that is repeated because it was too short for a response. */
const MAX_SECONDS = 10

const run = promisify(execFile)

/** @returns how many requests got their responses; rejects if one is not as expected */
export async function runWrk(load: Load): Promise<number> {
  const { origin, connections, seconds, requests, isRefused, length, directory } = load
  const file = join(directory, 'requests')
  writeFileSync(file, requests.join('\0'))
  const [program, ...parameters] = onCore('ask', [
    // It counts in whole seconds, but ends at once, with its summary, on SIGINT.
    ...[
      'wrk',
      '--threads',
      '1',
      '--connections',
      `${connections}`,
      '--duration',
      `${Math.ceil(seconds) + 1}`,
    ],
    ...['--timeout', '20s', '--script', join(__dirname, 'load.lua'), origin, '--', file],
  ])
  const running = run(program, parameters, { timeout: seconds * 1000 + PATIENCE, killSignal: 'SIGKILL' })
  // The script writes when it is ready.
  running.child.stderr?.once('data', () => {
    setTimeout(() => running.child.kill('SIGINT'), seconds * 1000)
  })
  const { stdout } = await running
  const summary = JSON.parse(/\{.*\}/.exec(stdout)?.[0] ?? stdout) as Summary
  const { answered, bytes, refused, failed } = summary
  const hasLength = bytes >= answered * length && bytes <= (answered + connections) * (length + MAX_HEAD)
  if (answered + refused + failed === 0 && seconds < MAX_SECONDS) {
    // On a busy machine, a server may not get its core in time.
    return runWrk({ ...load, seconds: 4 * seconds })
  }
  if (answered === 0 || failed > 0 || refused !== (isRefused ? answered : 0) || !hasLength)
    throw new Error(`Responses of ${origin} for ${seconds} s are not as expected: ${JSON.stringify(summary)}`)
  return length >= LARGE ? bytes / length : answered
}
