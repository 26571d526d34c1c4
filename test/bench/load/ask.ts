/** The two clients that load a server with a work for a while: wrk for HTTP/1.1, h2load for HTTP/2. */
import type { RunningServer } from '../measure/running'
import { runH2load } from './h2load'
import type { Library } from './library'
import { inAnHour } from './links'
import { makeRequests, rangeOf, type Work } from './works'
import { runWrk } from './wrk'

export interface Order {
  readonly server: RunningServer
  /** The entity tag of its first track. */
  readonly tag: string
  readonly work: Work
  readonly library: Library
  /** For a file. */
  readonly directory: string
  /** Other requests in each, or what is cold would be requested again. */
  readonly turn: number
  readonly seconds: number
}

/** @returns the number of requests */
export type Ask = (order: Order) => Promise<number>

/** More than any server responds to in one turn. */
const REQUESTS = 8192

/** Streams that are open at a time on the one connection; bytes of body that a second brings, about. */
const PARALLEL = { small: 100, large: 10 }
const BYTES_PER_SECOND = 600_000_000
const LARGE = 1024 * 1024

export function askByWrk(order: Order): Promise<number> {
  const { server, tag, work, library, directory, turn, seconds } = order
  const { makeLink } = server.contender
  const { connections, length, needsSignature: isRefused } = work
  const requests = makeRequests(work, library, makeLink, tag, turn * REQUESTS, REQUESTS)
  return runWrk({ origin: server.origin, connections, seconds, requests, isRefused, length, directory })
}

/** A fixed number of requests, the same for all servers: those in progress at the end of a time would count for some. */
export function askByH2load({ server, work, library, directory, turn, seconds }: Order): Promise<number> {
  const { length } = work
  const parallel = length >= LARGE ? PARALLEL.large : PARALLEL.small
  const expires = inAnHour()
  return runH2load({
    origin: server.origin,
    paths: library.ids.map(id => server.contender.makeLink(id, expires)),
    requests: Math.max(2 * parallel, Math.round((seconds * BYTES_PER_SECOND) / (length + 100_000))),
    connections: 1,
    parallel,
    range: rangeOf(work, turn),
    length,
    directory,
  })
}
