/**
 * What terms of a link cost: `node -r ./test/support/run-typescript.js test/bench/link-costs.ts [PAIRS] [TITLE]`. Each figure is
 * the processor time of this process for a batch of hot ranges, divided by that of a batch right before or after it by
 * links without; the median of PAIRS, 12 by default. The server and both kinds of links share one process, so a
 * core that is slow is slow for both; wrk requests, which test/bench/setup installs.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createLinks, createSigner, createStreamHandler, type Links, type TermOptions } from '../../src'
import { SECRET } from './links'
import { runLoad } from './load'
import { CORES, describeRun } from './machine'
import { median, quantile } from './statistics'

const TRACK = 'track1'
const TRACK_BYTES = 4 * 1024 * 1024
const LISTENERS = 64
const REVOCATIONS = 100_000
const MB = 1_000_000
/** Seconds of one batch. */
const BATCH = 1
const CONNECTIONS = 16
const REQUESTS = 1024
const TERMS: TermOptions = { listener: 'u42', linkId: 'Zk3x9QwT' }

interface Comparison {
  readonly title: string
  readonly length: number
  readonly limit: number
  readonly with: readonly string[]
  readonly without: readonly string[]
}

async function main(): Promise<void> {
  const pairs = Number(process.argv[2] ?? 12)
  const dir = mkdtempSync(join(tmpdir(), 'link-costs-'))
  process.once('exit', () => {
    rmSync(dir, { recursive: true, force: true })
  })
  writeFileSync(join(dir, `${TRACK}.mp3`), Buffer.alloc(TRACK_BYTES, 1))

  const links = createLinks({ secret: SECRET, baseUrl: '/stream' })
  const crowded = createLinks({ secret: SECRET, baseUrl: '/crowded' })
  const handlers = [
    createStreamHandler({ path: '/stream', dir, links }),
    createStreamHandler({ path: '/crowded', dir, links: crowded }),
  ] as const
  const server = createServer((req, res) => {
    handlers[req.url?.startsWith('/crowded') === true ? 1 : 0](req, res)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  if (CORES !== undefined) spawnSync('taskset', ['-acp', String(CORES.serve), String(process.pid)])
  console.log(`Measured on ${describeRun()}`)

  const revoking = await addRevocations(crowded)
  console.log(`${REVOCATIONS} revocations: ${(revoking / MB).toFixed(1)} MB of the heap, at most 20`)

  const signer = createSigner({ secret: SECRET, baseUrl: '/stream' })
  const plain = paths(expiresIn => signer.signUrl(TRACK, { expiresIn }))
  const termed = withTerms(links, TERMS)
  const comparisons: readonly Comparison[] = [1000, 65_536].flatMap(length => [
    { title: 'plain, to plain (noise)', length, limit: NaN, with: plain, without: plain },
    { title: 'iat, jti, sub, to plain', length, limit: 1.03, with: termed, without: plain },
    {
      title: `the same with ${REVOCATIONS} revocations`,
      length,
      limit: 1.05,
      with: withTerms(crowded, TERMS),
      without: plain,
    },
    {
      title: 'ses without a cookie, to without ses',
      length,
      limit: 1.15,
      with: withTerms(links, { ...TERMS, playFor: '4h' }),
      without: termed,
    },
  ])
  const wanted = comparisons.filter(({ title, length }) =>
    `${length} ${title}`.includes(process.argv[3] ?? ''),
  )
  for (const comparison of wanted) await compare({ port, directory: dir }, comparison, pairs)
  server.close()
  server.closeAllConnections()
}

/** One link for each listener. */
function paths(sign: (expiresIn: number) => string): readonly string[] {
  return Array.from({ length: LISTENERS }, (_, index) => sign(3600 + index))
}

function withTerms(links: Links, terms: TermOptions): readonly string[] {
  return paths(expiresIn => links.signUrl(TRACK, { ...terms, expiresIn }))
}

/** @returns bytes of the heap */
async function addRevocations(links: Links): Promise<number> {
  const before = usedHeap()
  for (let index = 0; index < REVOCATIONS; index++) await links.revoke({ linkId: `Zk3x9Q${index}` })
  return usedHeap() - before
}

function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

interface Target {
  readonly port: number
  /** For a file. */
  readonly directory: string
}

async function compare(target: Target, comparison: Comparison, pairs: number): Promise<void> {
  const { title, length, limit } = comparison
  const ratios: number[] = []
  const differences: number[] = []
  // The first pair warms up.
  for (let pair = 0; pair <= pairs; pair++) {
    const order = pair % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)
    const costs = { with: 0, without: 0 }
    for (const kind of order) costs[kind] = await measure(target, comparison[kind], length)
    if (pair === 0) continue
    ratios.push(costs.with / costs.without)
    differences.push(costs.with - costs.without)
  }
  const [low, middle, high] = [0.25, 0.5, 0.75].map(share => quantile(ratios, share).toFixed(3))
  const bound = Number.isNaN(limit) ? '' : `, at most ${limit}`
  const more = median(differences).toFixed(2)
  console.log(`${length} bytes, ${title}: ${middle} (${low} to ${high})${bound}; ${more} µs more`)
}

/** @returns microseconds of processor time of this process for one request */
async function measure(
  { port, directory }: Target,
  links: readonly string[],
  length: number,
): Promise<number> {
  const requests = Array.from({ length: REQUESTS }, (_, index) => {
    const first = (index * 1000) % (TRACK_BYTES - length)
    const range = `Range: bytes=${first}-${first + length - 1}`
    return `GET ${links[index % links.length] ?? ''} HTTP/1.1\r\nHost: localhost\r\n${range}\r\n\r\n`
  })
  const before = process.cpuUsage()
  const load = {
    port,
    connections: CONNECTIONS,
    seconds: BATCH,
    requests,
    isRefused: false,
    length,
    directory,
  }
  const answered = await runLoad(load)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / answered
}

void main()
