/** Requests without a link to a server in production: their cost is bounded, and no listener waits. Counted, not timed. */
import { ask, askRaw } from '../support/client'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { Run } from '../support/demo-program'
import { abandon, FORGED, hold, line, mostMemory, page, STRANGE_REQUESTS } from '../support/strangers'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
for (let index = 0; index < 3000; index += 1) directory.write(`other${index}.mp3`, '')
/** One process for all requests, so that a leak of any of them adds up. */
let shared: Run
let sharedPort: number
beforeAll(async () => {
  shared = start({ METRICS_TOKEN: 'a token of some length' })
  sharedPort = await shared.port()
})
afterAll(async () => {
  await shared[Symbol.asyncDispose]()
  directory.remove()
})

const PRODUCTION = {
  NODE_ENV: 'production',
  SECRET_KEY: SECRET,
  AUDIO_DIR: directory.path,
  HOST: '127.0.0.1',
  // Node 26 deprecates what Express reads targets by. Newer versions of Node let more garbage wait in the young
  // generation; with the size that Node 20 has, the same work takes the same memory (docs/operations.md).
  NODE_OPTIONS: '--no-deprecation --max-semi-space-size=16',
}

function start(environment: Readonly<Record<string, string>> = {}): Run {
  return new Run({ ...PRODUCTION, ...environment })
}

async function plays(port: number): Promise<void> {
  const { status, body } = await ask(port, pathFor('track1'), { headers: { Range: 'bytes=0-99' } })
  expect([status, body.equals(TRACK.subarray(0, 100))]).toEqual([206, true])
}

it.each(STRANGE_REQUESTS)(
  'serves every listener in less than 300 MB while clients request %s and leave, or read nothing',
  async (_what, text) => {
    const [run, port] = [shared, sharedPort]
    await plays(port)
    for (let round = 0; round < 3; round += 1) {
      const left = Array.from({ length: 40 }, () => abandon(port, text))
      await plays(port)
      await Promise.all(left)
    }
    const held = await Promise.all(Array.from({ length: 100 }, () => hold(port, text.repeat(20))))
    for (let round = 0; round < 10; round += 1) await plays(port)
    expect(mostMemory(run.child.pid)).toBeLessThan(300)
    for (const socket of held) socket.destroy()
    expect(run.errors).toBe('')
  },
  60_000,
)

it('grants one client 8 event streams, and does not count what is pipelined behind them', async () => {
  await using run = start()
  const port = await run.port()
  const held = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      hold(port, line('GET', page(index)) + line('GET', '/stream/track1').repeat(50)),
    ),
  )
  for (const path of [page(100), page(101)]) {
    const answer = await ask(port, path)
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '30'])
  }
  for (let round = 0; round < 10; round += 1) await plays(port)
  for (const socket of held) socket.destroy()
})

it('reads no more than 64 requests ahead on one connection', async () => {
  await using run = start()
  const port = await run.port()
  const held = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      hold(
        port,
        line('GET', page(index)) +
          Array.from({ length: 2000 }, (_each, next) => line('GET', page(1000 + next))).join(''),
      ),
    ),
  )
  await plays(port)
  expect(mostMemory(run.child.pid)).toBeLessThan(300)
  // The server stops reading while refusals wait to be sent, so what the kernel does not take stays with the client.
  const more = line('GET', '/nothing').repeat(800_000)
  for (const socket of held.slice(0, 2)) socket.write(more)
  for (let round = 0; round < 10; round += 1) await plays(port)
  expect(held.slice(0, 2).map(({ writableLength }) => writableLength > 0)).toEqual([true, true])
  expect(mostMemory(run.child.pid)).toBeLessThan(300)
  for (const socket of held) socket.destroy()
})

it.each([
  ['OPTIONS', '*'],
  ['GET', '*'],
  ['CONNECT', 'localhost:80'],
  ['GET', 'http://localhost/stream/track1'],
  ['GET', 'http://'],
  ['GET', 'http://[::1/stream/track1'],
  ['GET', '//'],
  ['GET', '//stream/track1'],
  ['GET', '/stream//track1'],
  ['GET', '/%'],
  ['GET', '/..%2f..%2fetc/passwd'],
  ['GET', '/vendor/%2e%2e/server.js'],
  ['GET', '/__proto__'],
  ['GET', '/api/sign/__proto__'],
  ['GET', '/api/exchanges/__proto__'],
  ['DELETE', '/api/tracks'],
  ['TRACE', '/'],
  ['PROPFIND', '/stream/'],
  ['HEAD', '/'],
])('survives %s %s, and reveals nothing about itself', async (method, target) => {
  const [run, port] = [shared, sharedPort]
  const raw = await askRaw(port, line(method, target, 'Connection: close\r\n')).catch(() => '')
  expect(raw).not.toMatch(/^HTTP\/1\.1 5|node_modules|\bat .*:\d+:\d+|sig=|root:/)
  await plays(port)
  expect(run.errors).toBe('')
  expect(run.log.filter(({ level }) => level === 'error')).toEqual([])
})

it('logs refusals below info, or only so many, so that no client fills the disk', async () => {
  await using run = start()
  const port = await run.port()
  const before = run.lines.length
  for (const path of ['/api/sign/track1', '/api/tracks', '/', '/nothing', page(1).replace('-4', '-1')]) {
    for (let round = 0; round < 20; round += 1) await ask(port, path)
  }
  for (let round = 0; round < 100; round += 1) await ask(port, FORGED)
  await plays(port)
  await run.logged('Streaming request')
  const logged = run.lines.slice(before).map(text => (JSON.parse(text) as { msg: string }).msg)
  expect(logged.filter(msg => msg !== 'Streaming request')).toEqual([
    ...Array<string>(60).fill('Invalid signature attempt'),
    'Too many refused signatures',
  ])
})
