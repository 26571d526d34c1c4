/** Tracks that are overwritten under slow clients: no response holds bytes of two versions. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { SourceError } from 'express-signed-stream'
import { eventually } from '../../support/eventually'
import { randomFrom } from '../../support/random'
import { makeContent, StubStore, versionsIn } from '../../support/stub-store'
import { queryFor } from '../../support/tracks'
import { KIB, MIB, serve } from './helpers'

const NAMES = ['a', 'b', 'c', 'd']
const CLIENTS = 24
/** Milliseconds, after which a machine that is too slow fails. */
const PATIENCE = 20_000
/** Of versions, and of complete responses. */
const ENOUGH = 30

interface Seen {
  readonly etag: string
  readonly versions: readonly number[] | undefined
  readonly isComplete: boolean
  readonly bytes: number
}

/** Takes a response at a pace of its own, and leaves in the middle of some. */
async function listen(port: number, id: string, range: string, random: () => number): Promise<Seen | number> {
  const req = request({
    host: '127.0.0.1',
    port,
    path: `/${id}?${queryFor(id)}`,
    agent: false,
    headers: { Range: `bytes=${range}` },
  }).end()
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  if (res.statusCode !== 206) {
    res.destroy()
    return res.statusCode ?? 0
  }
  const first = Number(/^bytes (\d+)-/.exec(res.headers['content-range'] ?? '')?.[1])
  const chunks: Buffer[] = []
  let isComplete = false
  try {
    for await (const chunk of res) {
      chunks.push(chunk as Buffer)
      const dice = random()
      if (dice < 0.02) break
      if (dice < 0.3) await sleep(dice * 30)
    }
    isComplete = res.complete
  } catch {
    // The connection was closed before the last byte.
  }
  const bytes = Buffer.concat(chunks)
  return { etag: res.headers.etag ?? '', versions: versionsIn(bytes, first), isComplete, bytes: bytes.length }
}

it.each([
  ['refuses to read another version', true],
  ['goes on to give the old version', false],
])('never mixes two versions if the storage %s', async (_what, refuses) => {
  const random = randomFrom(20_260_102)
  const store = new StubStore()
  const current = new Map<string, string>()
  let version = 0
  function overwrite(name: string): void {
    // The number of the version is that of its tag. Its size is another, too, or the same.
    const size = random() < 0.5 ? 1_500_000 : 1_200_000 + Math.floor(random() * 600_000)
    store.put(name, makeContent(size, ++version))
    current.set(name, `"v${version}"`)
  }
  for (const name of NAMES) overwrite(name)
  store.trustFor = 20
  store.knowsKnown = false
  store.pieceBytes = 48 * KIB
  store.beforePiece = ({ first }, position) => {
    if (position > first && random() < 0.01) throw new Error('a cut')
    return random() < 0.5 ? sleep(random() * 4) : undefined
  }
  store.change = track => ({
    ...track,
    read(range, context) {
      if (refuses && !NAMES.some(name => current.get(name) === track.etag)) throw new SourceError('changed')
      return track.read(range, context)
    },
  })
  await using server = await serve(store, { cache: { maxBytes: 8 * MIB } })

  const end = performance.now() + PATIENCE
  const seen: (Seen | number)[] = []
  function isDone(): boolean {
    const responses = seen.filter(each => typeof each === 'object')
    const complete = responses.filter(({ isComplete }) => isComplete).length
    const isEnough = version > ENOUGH && complete > ENOUGH && (!refuses || complete < responses.length)
    return isEnough || performance.now() > end
  }
  async function keepListening(): Promise<void> {
    while (!isDone()) {
      const name = NAMES[Math.floor(random() * NAMES.length)] ?? 'a'
      const first = Math.floor(random() * 1_100_000)
      const range = random() < 0.5 ? `${first}-` : `${first}-${first + Math.floor(random() * 400_000)}`
      seen.push(await listen(server.port, name, range, random))
    }
  }
  async function keepWriting(): Promise<void> {
    while (!isDone()) {
      overwrite(NAMES[Math.floor(random() * NAMES.length)] ?? 'a')
      await sleep(random() * 60)
    }
  }
  await Promise.all([keepWriting(), ...Array.from({ length: CLIENTS }, keepListening)])

  const responses = seen.filter(each => typeof each === 'object')
  for (const { etag, versions, bytes } of responses) {
    if (bytes >= 32) expect([etag, versions]).toEqual([etag, [Number(etag.slice(2, -1))]])
  }
  // Without these, it was no test.
  expect(responses.filter(({ isComplete }) => isComplete).length).toBeGreaterThan(ENOUGH)
  expect(version).toBeGreaterThan(ENOUGH)
  if (refuses) expect(responses.some(({ isComplete }) => !isComplete)).toBe(true)
  expect(seen.filter(each => typeof each === 'number' && each !== 503)).toEqual([])
  await eventually(() => store.live === 0, 'every read has ended')
  expect(store.closedWhileLive).toBe(0)
  // All versions but those that are known.
  expect(store.opens.length - store.closed).toBeLessThanOrEqual(NAMES.length)
})
