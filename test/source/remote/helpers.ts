/** A router over a source of the test, and what clients get from it. */
import { Buffer } from 'node:buffer'
import type { OutgoingHttpHeaders } from 'node:http'
import { createStreamRouter, type StreamRefusalEvent, type TrackSource } from 'express-signed-stream'
import type { StreamRouterOptions } from 'express-signed-stream'
import { ask, type Answer, type Question } from '../../support/client'
import { listen, type RunningServer } from '../../support/server'
import { pathFor, queryFor, SECRET } from '../../support/tracks'

export const KIB = 1024
export const MIB = 1024 * KIB

export interface SourceServer extends RunningServer {
  /** The response to a request for a track, for the bytes of `range` if there is one. */
  readonly get: (id: string, range?: string, question?: Question) => Promise<Answer>
}

export async function serve(
  source: TrackSource,
  options: Omit<StreamRouterOptions, 'source' | 'secret' | 'dir'> = {},
): Promise<SourceServer> {
  const server = await listen(createStreamRouter({ ...options, source, secret: SECRET }))
  return {
    ...server,
    get: (id, range, { headers, ...question } = {}) =>
      ask(server.port, `/${encodeURIComponent(id)}?${queryFor(id)}`, {
        ...question,
        headers: {
          ...(headers as OutgoingHttpHeaders),
          ...(range !== undefined && { Range: `bytes=${range}` }),
        },
      }),
  }
}

/** The request line and fields of a GET on a connection of its own. */
export function getOf(id: string): string {
  return `GET ${pathFor(id).slice('/stream'.length)} HTTP/1.1\r\nHost: localhost\r\n\r\n`
}

/** Why requests were refused with 503, as the log has it. */
export function causesOf(refusals: readonly StreamRefusalEvent[]): readonly string[] {
  return refusals.map(({ cause }) => String(cause))
}

export function sameBytes(body: Uint8Array, expected: Uint8Array): boolean {
  return Buffer.compare(body, expected) === 0
}
