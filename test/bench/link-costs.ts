/**
 * What terms of a link cost: `node -r ./test/support/run-typescript.js test/bench/link-costs.ts [PAIRS] [TITLE]`. Each
 * figure is the processor time of this process for a batch of hot ranges by one kind of link, divided by that of a batch
 * right before or after it by another: by the least of all batches, as whatever else runs only adds to it, and by the
 * median of PAIRS, 40 by default. Server and client share the process, and requests are pipelined, so that none is woken
 * for each response: that costs more than terms, and not always the same.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createLinks, createSigner, createStreamHandler, type Links, type TermOptions } from '../../src'
import { SECRET } from './links'
import { CORES, describeRun } from './machine'
import { median } from './statistics'

const TRACK = 'track1'
const TRACK_BYTES = 4 * 1024 * 1024
const LISTENERS = 64
const REVOCATIONS = 100_000
const MB = 1_000_000
/** Requests of one batch, and how many are sent at once. */
const BATCH = 1600
const PIPELINED = 16
/** Batches of each kind until all is compiled. */
const WARM_UP = 16
const TERMS: TermOptions = { listener: 'u42', linkId: 'Zk3x9QwT' }

interface Comparison {
  readonly title: string
  readonly length: number
  readonly limit: number
  readonly with: readonly string[]
  readonly without: readonly string[]
}

async function main(): Promise<void> {
  const pairs = Number(process.argv[2] ?? 40)
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

  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')

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
  for (const comparison of wanted) await compare(socket, comparison, pairs)
  socket.destroy()
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

async function compare(socket: Socket, comparison: Comparison, pairs: number): Promise<void> {
  const { title, length, limit } = comparison
  const costs = { with: [] as number[], without: [] as number[] }
  for (let pair = -WARM_UP; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)
    for (const kind of order) {
      const spent = await measure(socket, comparison[kind], length)
      if (pair >= 0) costs[kind].push(spent)
    }
  }
  const ratios = costs.with.map((spent, pair) => spent / (costs.without[pair] ?? NaN))
  const [least, leastWithout] = [Math.min(...costs.with), Math.min(...costs.without)]
  const bound = Number.isNaN(limit) ? '' : `, at most ${limit}`
  console.log(
    `${length} bytes, ${title}: ${(least / leastWithout).toFixed(3)} by the least (${least.toFixed(1)} to ` +
      `${leastWithout.toFixed(1)} µs), ${median(ratios).toFixed(3)} by the median${bound}`,
  )
}

/** @returns microseconds of processor time of this process for one request */
async function measure(socket: Socket, links: readonly string[], length: number): Promise<number> {
  const before = process.cpuUsage()
  for (let sent = 0; sent < BATCH; sent += PIPELINED) {
    const requests = Array.from({ length: PIPELINED }, (_, index) => {
      const first = ((sent + index) * 1000) % (TRACK_BYTES - length)
      const range = `Range: bytes=${first}-${first + length - 1}`
      return `GET ${links[(sent + index) % links.length] ?? ''} HTTP/1.1\r\nHost: localhost\r\n${range}\r\n\r\n`
    })
    const answered = allAnswered(socket, length)
    socket.write(requests.join(''))
    await answered
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / BATCH
}

const STATUS = Buffer.from('HTTP/1.1 206')
/** Milliseconds. */
const PATIENCE = 10_000

/** Resolves when all requests that were sent at once are answered, but for the end of the last body. The track holds nothing like a status line. */
function allAnswered(socket: Socket, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let answers = 0
    let bytes = 0
    let end = ''
    function receive(chunk: Buffer): void {
      bytes += chunk.length
      // A status line may be split between two chunks.
      const seam = Buffer.concat([Buffer.from(end, 'latin1'), chunk.subarray(0, STATUS.length - 1)])
      if (seam.includes(STATUS)) answers++
      for (let at = chunk.indexOf(STATUS); at !== -1; at = chunk.indexOf(STATUS, at + 1)) answers++
      end = chunk.toString('latin1', Math.max(0, chunk.length - STATUS.length + 1))
      if (answers < PIPELINED || bytes < PIPELINED * length) return
      clearTimeout(timer)
      socket.off('data', receive)
      resolve()
    }
    const timer = setTimeout(() => {
      reject(new Error(`${answers} of ${PIPELINED} requests were answered with 206, by ${bytes} bytes`))
    }, PATIENCE)
    socket.on('data', receive)
  })
}

void main()
