/** Two real instances behind a real nginx: the failure of a request is not the failure of an instance. */
import { once } from 'node:events'
import { chmodSync, truncateSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { dirname } from 'node:path'
import { buildProgram } from '../support/demo-program'
import { abandon, hold, mostMemory, STRANGE_REQUESTS } from '../support/strangers'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, TRACK } from '../support/tracks'
import { startDeployed, type Deployed } from './deployed'
import { startNginx, type Nginx } from './nginx'

jest.setTimeout(120_000)

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
chmodSync(tracks.write('unreadable.mp3', TRACK), 0)
// More than the sockets of a listener hold who does not read.
truncateSync(tracks.write('endless.mp3', ''), 1024 ** 3)
const program = buildProgram()
const home = makeTrackDirectory()

let instances: Deployed[]
let nginx: Nginx

beforeEach(async () => {
  instances = [await start(), await start()]
  nginx = await startNginx(...instances.map(({ port }) => port))
})
afterEach(async () => {
  await nginx[Symbol.asyncDispose]()
  await Promise.all(instances.map(instance => instance.stop('SIGKILL')))
})
afterAll(() => {
  home.remove()
  tracks.remove()
})

function start(): Promise<Deployed> {
  return startDeployed({
    directory: home.path,
    app: dirname(program),
    audio: tracks.path,
    args: ['server.js'],
    environment: { OPEN_SIGNING: 'false', TRUST_PROXY: 'loopback', DRAIN_TIMEOUT: '1h' },
  })
}

/** What `count` honest ranges are answered, each once. */
async function honestStatuses(count: number): Promise<unknown[]> {
  const statuses = new Set<number>()
  for (let round = 0; round < count; round += 1) {
    const { status, body } = await ask(nginx.port, pathFor('track1'), { headers: { Range: 'bytes=0-99' } })
    statuses.add(status)
    if (status === 206) expect(body.equals(TRACK.subarray(0, 100))).toBe(true)
  }
  return [...statuses]
}

/** An open response, of a client with an address of its own. */
async function open(path: string, localAddress = '127.0.0.1'): Promise<IncomingMessage> {
  const request = get({ host: '127.0.0.1', port: nginx.port, path, localAddress, agent: false })
  const [res] = (await once(request, 'response')) as [IncomingMessage]
  return res
}

function page(number: number): string {
  return `/api/exchanges/00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

it('stay in when a track cannot be read, however often it is requested', async () => {
  for (let round = 0; round < 20; round += 1) {
    expect((await ask(nginx.port, pathFor('unreadable'))).status).toBe(503)
    expect(await honestStatuses(3)).toEqual([206])
  }
})

it('stay in when all event streams are taken, of which one client has 8 on each', async () => {
  const streams: IncomingMessage[] = []
  async function take(localAddress: string, count: number): Promise<(number | undefined)[]> {
    const taken = await Promise.all(
      Array.from({ length: count }, (_, index) => open(page(streams.length + index), localAddress)),
    )
    streams.push(...taken)
    return taken.map(({ statusCode }) => statusCode)
  }
  const first = await take('127.0.0.1', 20)
  expect(first.filter(status => status === 200)).toHaveLength(16)
  expect(first.filter(status => status === 429)).toHaveLength(4)
  // Two workers of nginx share the instances out by themselves, not evenly.
  for (let client = 2; client < 60; client += 1) await take(`127.0.0.${client}`, 24)
  const granted = streams.filter(({ statusCode }) => statusCode === 200)
  expect(granted).toHaveLength(512)
  const refused = streams.filter(({ statusCode }) => statusCode !== 200)
  expect(new Set(refused.map(({ statusCode }) => statusCode))).toEqual(new Set([429]))
  expect(new Set(refused.map(({ headers }) => headers['retry-after']))).toEqual(new Set(['30']))
  expect(await honestStatuses(60)).toEqual([206])
  for (const stream of streams) stream.destroy()
})

it('serve every listener while one of them drains, and when it is gone', async () => {
  const [leaving, staying] = instances
  // One on each, so that the one which leaves waits for it.
  const listeners = await Promise.all([1, 2, 3, 4].map(() => open(pathFor('endless'))))
  expect(await honestStatuses(20)).toEqual([206])
  const ended = leaving?.stop('SIGTERM')
  await untilDraining(leaving?.log ?? [])
  expect(await honestStatuses(60)).toEqual([206])
  for (const listener of listeners) listener.destroy()
  expect(await ended).toEqual([0, null])
  expect(await honestStatuses(60)).toEqual([206])
  expect((await ask(staying?.port ?? 0, '/readyz')).status).toBe(200)
})

it('serve every listener in less than 300 MB each, whatever strangers send', async () => {
  for (const [, text] of STRANGE_REQUESTS) {
    const left = Array.from({ length: 40 }, () => abandon(nginx.port, text))
    expect(await honestStatuses(2)).toEqual([206])
    await Promise.all(left)
    const held = await Promise.all(Array.from({ length: 20 }, () => hold(nginx.port, text.repeat(20))))
    expect(await honestStatuses(5)).toEqual([206])
    for (const socket of held) socket.destroy()
  }
  for (const { pid } of instances) expect(mostMemory(pid)).toBeLessThan(300)
})

it('refuse a media element of another origin without a body, when both are gone', async () => {
  await Promise.all(instances.map(instance => instance.stop('SIGKILL')))
  const media = { 'Sec-Fetch-Dest': 'audio', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Site': 'cross-site' }
  const cases: [Record<string, string>, string][] = [
    [{}, 'Service indisponible'],
    [media, ''],
    [{ ...media, 'Sec-Fetch-Dest': 'video', 'Sec-Fetch-Site': 'same-site' }, ''],
    [{ ...media, 'Sec-Fetch-Site': 'same-origin' }, 'Service indisponible'],
    [{ ...media, 'Sec-Fetch-Mode': 'cors' }, 'Service indisponible'],
    [{ ...media, 'Sec-Fetch-Dest': 'empty' }, 'Service indisponible'],
  ]
  for (const [headers, text] of cases) {
    const answer = await ask(nginx.port, pathFor('track1'), { headers })
    expect([headers, answer.status, answer.body.toString()]).toEqual([headers, 503, text])
    expect(answer.headers['retry-after']).toBe('2')
  }
})

async function untilDraining(log: readonly Record<string, unknown>[]): Promise<void> {
  while (!log.some(({ msg }) => msg === 'Draining')) await new Promise(setImmediate)
}
