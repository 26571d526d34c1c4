/**
 * Workers, HTTP/2 and a slow disk, together for a minute: the demo with two workers, and two workers that speak HTTP/2, on
 * tracks that are replaced meanwhile. No byte is wrong, no response ends early, nobody starves beside listeners who pause,
 * and the memory of each process stays level. `SOAK_SECONDS=600 npm run test:soak` takes longer. Needs gcc and openssl.
 */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { makeCertificate, type Certificate } from '../browser/certificate'
import { Run } from '../support/demo-program'
import { processTree, residentMemory } from '../support/processes'
import { randomFrom } from '../support/random'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'
import { Http2Service } from './http2-service'
import type { WorkerHealth } from './http2-workers'
import { makeSlowDisk } from './slow-disk'

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60)
/** Seconds before the first look: until then, caches are filled and code is compiled. */
const WARM_UP = 40
/** Of each operation of the disk. */
const MILLISECONDS = 20
const MEBIBYTE = 1024 * 1024
const TRACKS = 40
const TRACK_BYTES = 3 * MEBIBYTE

/** Listeners of each kind, and connections that they share over HTTP/2. */
const FAST = 30
const PAUSED = 50
const SESSIONS = 2

/** How many requests of each kind there must be in each second at least, or it was no soak. */
const LEAST_EACH_SECOND = 2

/** What may come and go: buffers of sockets, and caches up to their limit. */
const SPARE = 24 * MEBIBYTE

jest.setTimeout((WARM_UP + SECONDS + 180) * 1000)

/** Versions of a track differ in each word, and so does each word of one. */
function contentOf(track: number, version: number): Buffer {
  const words = new Uint32Array(TRACK_BYTES / 4)
  const start = Math.imul(track * 1000 + version, 2246822519)
  for (let index = 0; index < words.length; index++) words[index] = start + Math.imul(index, 2654435761)
  return Buffer.from(words.buffer)
}

const workspace = mkdtempSync(join(tmpdir(), 'soak-'))
const tracks = makeTrackDirectory()
/** The versions that a client may get, by track: the last three. */
const versions = Array.from({ length: TRACKS }, (_, track) => {
  const content = contentOf(track, 0)
  tracks.write(`track${track}.mp3`, content)
  return [content]
})

/** The environment of a process that finds the disk slow. */
let slowDisk: NodeJS.ProcessEnv
let certificate: Certificate
beforeAll(async () => {
  slowDisk = makeSlowDisk(workspace, tracks.path, MILLISECONDS)
  certificate = await makeCertificate()
})
afterAll(() => {
  tracks.remove()
  rmSync(workspace, { recursive: true })
})

/** Replaces a track by a new version, as the documents advise: a new file is renamed. */
function replace(track: number, version: number): void {
  const content = contentOf(track, version)
  versions[track] = [...(versions[track] ?? []).slice(-2), content]
  const draft = join(tracks.path, `draft${track}`)
  writeFileSync(draft, content)
  renameSync(draft, join(tracks.path, `track${track}.mp3`))
}

const next = randomFrom(1)

function random(below: number): number {
  return Math.floor(next() * below)
}

interface Question {
  readonly track: number
  readonly path: string
  readonly first: number
  readonly length: number
  readonly range: string
}

function someRange(): Question {
  const track = random(TRACKS)
  const length = 1 + random(300_000)
  const first = random(TRACK_BYTES - length)
  const path = pathFor(`track${track}`)
  return { track, path, first, length, range: `bytes=${first}-${first + length - 1}` }
}

interface Answer {
  readonly status: number | undefined
  readonly body: Buffer
}

/** @throws if the response is not the whole range of one version */
function check({ track, first, length }: Question, { status, body }: Answer): void {
  if (status !== 206 || body.length !== length)
    throw new Error(
      `${status}, ${body.length} of ${length} bytes of track${track}: ${body.toString('latin1', 0, 200)}`,
    )
  const isRight = versions[track]?.some(content => content.subarray(first, first + length).equals(body))
  if (isRight !== true) throw new Error(`Wrong bytes of track${track} from ${first}: ${length}`)
}

async function askByHttp1({ path, range }: Question, port: number, agent: Agent): Promise<Answer> {
  const request = get({ host: '127.0.0.1', port, path, agent, headers: { Range: range } })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return { status: response.statusCode, body: await buffer(response) }
}

async function askByHttp2({ path, range }: Question, session: ClientHttp2Session): Promise<Answer> {
  const stream = session.request({ ':path': path, range })
  const [headers] = (await once(stream, 'response')) as [{ readonly ':status'?: number }]
  return { status: headers[':status'], body: await buffer(stream) }
}

/** A listener who leaves before the response, or in its middle. */
async function leave({ path, range }: Question, session: ClientHttp2Session): Promise<void> {
  const stream = session.request({ ':path': path, range })
  stream.on('error', () => undefined)
  await sleep(random(50))
  stream.close(constants.NGHTTP2_CANCEL)
}

/** A listener who reads nothing after the head, as a paused player. */
async function pause(session: ClientHttp2Session): Promise<ClientHttp2Stream> {
  const stream = session.request({ ':path': pathFor(`track${random(TRACKS)}`) })
  stream.on('error', () => undefined)
  await once(stream, 'response')
  return stream
}

it('serves right bytes to all, and keeps its memory level', async () => {
  await using demo = new Run({
    WORKERS: '2',
    AUDIO_DIR: tracks.path,
    ...slowDisk,
    SECRET_KEY: SECRET,
    MAX_STREAMS_PER_CLIENT: '0',
    METRICS_PORT: '0',
  })
  await using workers = new Http2Service({ dir: tracks.path, secret: SECRET, ...certificate }, slowDisk)
  const [demoPort, http2Port] = [await demo.port(), (await workers.message()) as number]
  const startLines = demo.log.length
  const pids = processTree(demo.child.pid ?? 0)
  const agent = new Agent({ keepAlive: true })
  const sessions = Array.from({ length: SESSIONS }, () =>
    connect(`https://localhost:${http2Port}`, { ca: certificate.cert }),
  )
  for (const session of sessions) session.setMaxListeners(0)

  const first = someRange()
  const begun = performance.now()
  check(first, await askByHttp1(first, demoPort, agent))
  // A name is looked up, a file is opened and read: otherwise the disk is not slow.
  expect(performance.now() - begun).toBeGreaterThan(3 * MILLISECONDS)

  const counts = { http1: 0, http2: 0, left: 0, replaced: 0 }
  type Count = keyof typeof counts
  let isOver = false
  async function repeat(act: (turn: number) => Promise<Count>): Promise<void> {
    for (let turn = 0; !isOver; turn++) counts[await act(turn)] += 1
  }
  const fast = Array.from({ length: FAST }, (_, index) => {
    const session = sessions[index % SESSIONS]
    if (session === undefined) throw new Error('No session')
    return [
      repeat(async () => {
        const question = someRange()
        check(question, await askByHttp1(question, demoPort, agent))
        return 'http1'
      }),
      repeat(async turn => {
        const question = someRange()
        if (turn % 10 === 0) {
          await leave(question, session)
          return 'left'
        }
        check(question, await askByHttp2(question, session))
        return 'http2'
      }),
    ]
  }).flat()
  const replacing = repeat(async turn => {
    await sleep(1000)
    replace(turn % TRACKS, 1 + turn)
    return 'replaced'
  })
  const all = Promise.all([...fast, replacing])
  const paused = await Promise.all(
    sessions.flatMap(session => Array.from({ length: PAUSED }, () => pause(session))),
  )

  /** After the warm-up and at the end. */
  const resident: number[][] = []
  const healths: (readonly WorkerHealth[])[] = []
  async function watch(): Promise<void> {
    for (const seconds of [WARM_UP, SECONDS]) {
      await sleep(seconds * 1000)
      resident.push(pids.map(residentMemory))
      healths.push(await workers.health())
    }
    isOver = true
  }
  await Promise.race([Promise.all([all, watch()]), all]).catch(async (error: unknown) => {
    const { faults = [] } = (await workers.health())[0] ?? {}
    throw new Error(`A listener failed; the workers know of:\n${faults.slice(-5).join('\n')}`, {
      cause: error,
    })
  })

  for (const stream of paused) stream.close(constants.NGHTTP2_CANCEL)
  for (const session of sessions) session.destroy()
  agent.destroy()
  console.info(inspect({ ...counts, resident, healths }, { depth: null }))

  expect(demo.log.slice(startLines).filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([])
  expect(healths.flat().flatMap(({ faults }) => faults)).toEqual([])
  expect(counts.http1).toBeGreaterThan(LEAST_EACH_SECOND * SECONDS)
  expect(counts.http2).toBeGreaterThan(LEAST_EACH_SECOND * SECONDS)
  const [early = [], late = []] = resident
  for (const [index, bytes] of late.entries()) expect(bytes - (early[index] ?? 0)).toBeLessThan(SPARE)
  const [before = [], after = []] = healths
  for (const [index, { heapUsed, external, descriptors }] of after.entries()) {
    expect(heapUsed - (before[index]?.heapUsed ?? 0)).toBeLessThan(SPARE / 2)
    expect(external - (before[index]?.external ?? 0)).toBeLessThan(SPARE)
    expect(descriptors - (before[index]?.descriptors ?? 0)).toBeLessThan(TRACKS)
  }
  expect(processTree(demo.child.pid ?? 0)).toEqual(pids)
})
