/** A load of HTTP/2 requests over TLS, by h2load of nghttp2: a number of requests, so many of them parallel. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onCore } from '../measure/machine'

export interface Http2Load {
  readonly origin: string
  readonly paths: readonly string[]
  readonly requests: number
  readonly connections: number
  /** Streams of each connection. */
  readonly parallel: number
  /** As `bytes=0-1`; undefined for the whole. */
  readonly range: string | undefined
  /** Bytes of body that each response must have. */
  readonly length: number
  /** For a file. */
  readonly directory: string
}

/** Milliseconds. */
const PATIENCE = 60_000

const run = promisify(execFile)

/** @returns the number of requests; rejects if one of them fails or has another length */
export async function runH2load(load: Http2Load): Promise<number> {
  const { origin, paths, requests, connections, parallel, range, length, directory } = load
  const file = join(directory, 'urls')
  writeFileSync(file, paths.map(path => origin + path).join('\n'))
  const [program, ...parameters] = onCore('ask', [
    ...['h2load', '--requests', `${requests}`, '--clients', `${connections}`],
    ...['--max-concurrent-streams', `${parallel}`, '--input-file', file],
    ...(range === undefined ? [] : ['--header', `range: ${range}`]),
  ])
  const { stdout } = await run(program, parameters, { timeout: PATIENCE, killSignal: 'SIGKILL' })
  const succeeded = Number(/(\d+) succeeded/.exec(stdout)?.[1])
  const bytes = Number(/\((\d+)\) data/.exec(stdout)?.[1])
  if (succeeded !== requests || bytes !== requests * length || !stdout.includes('Application protocol: h2'))
    throw new Error(`Responses of ${origin} are not as expected: ${stdout}`)
  return requests
}
