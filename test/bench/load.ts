/**
 * A load of requests on keep-alive connections, each of which sends its next request when it has the whole answer. wrk
 * makes it: a client in Node is so busy that a fast server need not wake it and a slower one must, at a cost to both.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onCore } from './machine'

export interface Load {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  /** The whole text of each request. They are sent in this order, again and again. */
  readonly requests: readonly string[]
  readonly isRefused: boolean
  /** Bytes of body that each answer must have. */
  readonly length: number
  /** For a file. */
  readonly directory: string
}

interface Summary {
  readonly answered: number
  /** Also of answers that were not complete. */
  readonly bytes: number
  /** Answers with a status of 400 or more. */
  readonly refused: number
  readonly failed: number
}

/** More bytes than any head has. */
const MAX_HEAD = 2048

const run = promisify(execFile)

/** @returns how many requests were answered; rejects where answers are not as expected */
export async function runLoad(load: Load): Promise<number> {
  const { port, connections, seconds, requests, isRefused, length, directory } = load
  const file = join(directory, 'requests')
  writeFileSync(file, requests.join('\0'))
  const [program, ...parameters] = onCore('ask', [
    ...['wrk', '--threads', '1', '--connections', `${connections}`, '--duration', `${seconds}`],
    ...['--script', join(__dirname, 'load.lua'), `http://127.0.0.1:${port}`, '--', file],
  ])
  const { stdout } = await run(program, parameters)
  const summary = JSON.parse(/\{.*\}/.exec(stdout)?.[0] ?? stdout) as Summary
  const { answered, bytes, refused, failed } = summary
  const hasLength = bytes >= answered * length && bytes <= (answered + connections) * (length + MAX_HEAD)
  if (answered === 0 || failed > 0 || refused !== (isRefused ? answered : 0) || !hasLength)
    throw new Error(`Answers are not as expected: ${JSON.stringify(summary)}`)
  return answered
}
