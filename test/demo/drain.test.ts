import { once } from 'node:events'
import { readFileSync, truncateSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { Run } from '../support/demo-program'

const directory = makeTrackDirectory()
directory.write('short.mp3', TRACK)
/**
 * More than can be on its way to a client that does not read: what the server's socket may hold, what the client's gets
 * at first (it grows only for a client that reads), and what Node holds on both sides. Twice that, because 6 MB were not
 * enough on Node 22.
 */
const LONG = 2 * (socketBuffer('wmem', 2) + socketBuffer('rmem', 1) + 4 * 1024 * 1024)
// It takes no room on the disk.
truncateSync(directory.write('long.mp3', ''), LONG)
afterAll(directory.remove)

function start(environment: Readonly<Record<string, string>> = {}): Run {
  return new Run({
    SECRET_KEY: SECRET,
    AUDIO_DIR: directory.path,
    MAX_STREAMS_PER_CLIENT: '0',
    ...environment,
  })
}

/** The first (1) or the last (2) size of a socket's buffer on Linux, in bytes; other systems have smaller ones. */
function socketBuffer(kind: 'rmem' | 'wmem', field: 1 | 2): number {
  try {
    return Number(readFileSync(`/proc/sys/net/ipv4/tcp_${kind}`, 'utf8').trim().split(/\s+/)[field])
  } catch {
    return 4 * 1024 * 1024
  }
}

/** A listener that has the start of the track and reads no further. */
async function listenTo(port: number, agent?: Agent): Promise<IncomingMessage> {
  const request = get({ host: '127.0.0.1', port, path: pathFor('long'), agent: agent ?? false })
  const [res] = (await once(request, 'response')) as [IncomingMessage]
  await once(res, 'readable')
  return res
}

/** Reads on; resolves with the bytes that came, and whether that is all of the track. */
async function readOn(res: IncomingMessage): Promise<{ bytes: number; isWhole: boolean }> {
  let bytes = 0
  try {
    for await (const chunk of res) bytes += (chunk as Buffer).length
  } catch {
    return { bytes, isWhole: false }
  }
  return { bytes, isWhole: res.complete }
}

// Concurrent, because each has a process of its own, and the first waits for DRAIN_TIMEOUT: long enough for two listeners
// to read the track to its end on a busy machine.
describe('SIGTERM', () => {
  it.concurrent(
    'lets listeners finish that read, and disconnects those that do not, however many',
    async () => {
      await using run = start({ DRAIN_TIMEOUT: '4s', STALL_TIMEOUT: '0', LOG_LEVEL: 'debug' })
      const port = await run.port()
      const listeners = await Promise.all(Array.from({ length: 50 }, () => listenTo(port)))
      const [readers, others] = [listeners.slice(0, 2), listeners.slice(2)]

      run.child.kill('SIGTERM')
      expect(await run.logged('Draining')).toMatchObject({ streams: 50, timeout_ms: 4000 })
      // Reset if it had arrived just before.
      const refusal = { code: expect.stringMatching(/^ECONN(?:REFUSED|RESET)$/) as string }
      await expect(ask(port, '/healthz')).rejects.toMatchObject(refusal)
      const read = await Promise.all(readers.map(readOn))
      expect(read).toEqual(Array(2).fill({ bytes: LONG, isWhole: true }))

      expect(await run.ended).toBe(0)
      for (const { bytes, isWhole } of await Promise.all(others.map(readOn))) {
        expect(isWhole).toBe(false)
        expect(bytes).toBeLessThan(LONG)
      }
      const last = run.log.at(-1)
      expect(last).toMatchObject({
        level: 'warn',
        msg: 'Drained: some streams were cut',
        streams_finished: 2,
        streams_left: 0,
        streams_cut: 48,
      })
      expect(last?.['duration_ms']).toBeGreaterThanOrEqual(4000)
      expect(last?.['bytes_of_cut']).toBeGreaterThanOrEqual(48 * 65_536)
      expect(last?.['bytes_of_cut']).toBeLessThan(48 * LONG)
      const completed = run.log.filter(({ msg }) => msg === 'Stream completed')
      expect(completed.filter(({ outcome }) => outcome === 'complete')).toHaveLength(2)
      expect(completed.filter(({ outcome }) => outcome === 'ended')).toHaveLength(48)
      expect(run.errors).toBe('')
    },
  )

  it.concurrent('ends as soon as the last listener has finished', async () => {
    await using run = start({ DRAIN_TIMEOUT: '1h' })
    const listener = await listenTo(await run.port())
    run.child.kill('SIGINT')
    await run.logged('Draining')
    expect(await readOn(listener)).toMatchObject({ isWhole: true })
    expect(await run.ended).toBe(0)
    expect(run.log.at(-1)).toMatchObject({
      level: 'info',
      msg: 'Drained',
      streams_finished: 1,
      streams_cut: 0,
    })
  })

  it.concurrent('does not wait for a listener that leaves', async () => {
    await using run = start({ DRAIN_TIMEOUT: '1h' })
    const listener = await listenTo(await run.port())
    run.child.kill('SIGTERM')
    await run.logged('Draining')
    listener.destroy()
    expect(await run.ended).toBe(0)
    expect(run.log.at(-1)).toMatchObject({ streams_finished: 0, streams_left: 1, streams_cut: 0 })
  })

  it.concurrent('refuses new streams on kept-alive connections, but reports its health', async () => {
    await using run = start({ DRAIN_TIMEOUT: '1h', ALLOWED_ORIGINS: 'https://app.example' })
    const port = await run.port()
    const listener = await listenTo(port)
    const agents = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 })
        expect((await askKept(agent, port, pathFor('short'))).status).toBe(200)
        return agent
      }),
    )
    const [first, second, third, fourth] = agents as [Agent, Agent, Agent, Agent]

    run.child.kill('SIGTERM')
    await run.logged('Draining')
    const refused = await askKept(first, port, pathFor('short'))
    expect(refused.status).toBe(503)
    expect(refused.body).toBe('Service indisponible')
    expect(refused.headers).toMatchObject({
      connection: 'close',
      'retry-after': '2',
      'cache-control': 'no-store',
      'content-type': 'text/plain; charset=utf-8',
      'access-control-allow-origin': 'https://app.example',
    })
    const alive = await askKept(second, port, '/healthz')
    expect([alive.status, alive.headers.connection]).toEqual([200, 'close'])
    expect((await askKept(third, port, '/readyz')).status).toBe(503)
    const page = await askKept(fourth, port, '/api/tracks')
    expect([page.status, page.headers.connection]).toEqual([200, 'close'])

    expect(await readOn(listener)).toMatchObject({ isWhole: true })
    expect(await run.ended).toBe(0)
    for (const agent of agents) agent.destroy()
  })

  it.concurrent('closes a connection after the response that was in progress on it', async () => {
    await using run = start({ DRAIN_TIMEOUT: '1h' })
    const port = await run.port()
    const agent = new Agent({ keepAlive: true })
    const [listener, other] = await Promise.all([listenTo(port, agent), listenTo(port)])
    expect(listener.headers.connection).toBe('keep-alive')
    run.child.kill('SIGTERM')
    await run.logged('Draining')
    const closed = once(listener.socket, 'close')
    expect(await readOn(listener)).toMatchObject({ isWhole: true })
    await closed
    other.destroy()
    expect(await run.ended).toBe(0)
  })

  it.concurrent('serves everything for DRAIN_DELAY, while /readyz responds with 503', async () => {
    await using run = start({ DRAIN_DELAY: '1h' })
    const port = await run.port()
    expect((await ask(port, '/readyz')).status).toBe(200)
    run.child.kill('SIGTERM')
    await run.logged('Draining')
    const answers = await Promise.all(['/readyz', '/healthz', pathFor('short')].map(path => ask(port, path)))
    expect(answers.map(({ status }) => status)).toEqual([503, 200, 200])
  })

  it.concurrent('does not wait for the event streams of pages', async () => {
    await using run = start({ DRAIN_TIMEOUT: '1h' })
    const port = await run.port()
    const path = '/api/exchanges/00000000-0000-4000-8000-000000000000'
    const [events] = (await once(get({ host: '127.0.0.1', port, path, agent: false }), 'response')) as [
      IncomingMessage,
    ]
    expect(events.headers['content-type']).toMatch('text/event-stream')
    run.child.kill('SIGTERM')
    expect(await run.ended).toBe(0)
    events.destroy()
  })

  it.concurrent('exits at once at the second signal', async () => {
    await using run = start({ DRAIN_TIMEOUT: '1h' })
    const listener = await listenTo(await run.port())
    run.child.kill('SIGTERM')
    await run.logged('Draining')
    run.child.kill('SIGTERM')
    expect(await run.ended).toBe(1)
    expect(run.errors).toBe('second SIGTERM, exiting\n')
    expect(await readOn(listener)).toMatchObject({ isWhole: false })
  })
})

interface KeptAnswer {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

async function askKept(agent: Agent, port: number, path: string): Promise<KeptAnswer> {
  const headers = { Origin: 'https://app.example' }
  const [res] = (await once(get({ host: '127.0.0.1', port, path, agent, headers }), 'response')) as [
    IncomingMessage,
  ]
  let body = ''
  for await (const chunk of res.setEncoding('utf8')) body += chunk as string
  return { status: res.statusCode, headers: res.headers, body }
}
