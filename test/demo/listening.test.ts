/** Who listens, and the ways to end that. */
import { once } from 'node:events'
import { get, request as send, type IncomingMessage } from 'node:http'
import { ask } from '../support/client'
import { eventually } from '../support/eventually'
import { makeTrackDirectory, secondIsOver, TRACK } from '../support/tracks'
import { runDemo, type Running } from './running'

const directory = makeTrackDirectory()
// More than the sockets of a client that does not read take.
directory.write('long.mp3', Buffer.alloc(24_000_000, TRACK))
afterAll(directory.remove)

let demo: Running

beforeEach(async () => {
  demo = await runDemo(directory.path)
})
afterEach(() => demo[Symbol.asyncDispose]())

interface Stream {
  readonly id: string
  readonly track: string
  readonly listener?: string
  readonly client?: string
  readonly range?: string
  readonly startedAt: number
  readonly bytesSent: number
}

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse((await ask(demo.port, path)).body.toString()) as Record<string, unknown>
}

async function list(): Promise<{ total: number; streams: Stream[]; ended: object[] }> {
  return (await json('/api/streams')) as never
}

async function post(
  path: string,
  text: string,
  headers: Record<string, string> = { 'Content-Type': 'application/json' },
): Promise<[number | undefined, unknown]> {
  const req = send({ host: '127.0.0.1', port: demo.port, path, method: 'POST', headers, agent: false })
  req.end(text)
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  const body = (await res.toArray()) as Buffer[]
  return [res.statusCode, JSON.parse(Buffer.concat(body).toString())]
}

async function sign(listener: string): Promise<string> {
  return String((await json(`/api/sign/long?listener=${listener}`))['url'])
}

/** A listener who reads no more than the beginning. */
async function listen(url: string, headers = {}): Promise<IncomingMessage> {
  const req = get({ host: '127.0.0.1', port: demo.port, path: url, headers, agent: false })
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  // From Node 24 on, the request reports a reset too.
  req.on('error', () => undefined)
  return res
}

/** Resolves when the server has ended the response before its last byte. */
async function isCut(res: IncomingMessage): Promise<void> {
  await new Promise(resolve => {
    res
      .on('error', () => undefined)
      .once('close', resolve)
      .resume()
  })
  expect(res.complete).toBe(false)
}

describe('GET /api/streams', () => {
  it('shows who listens to what, since when, and how much was sent, but no address', async () => {
    const begin = Date.now()
    const res = await listen(await sign('u42'), { Range: 'bytes=1000-' })
    const { total, streams } = await list()
    expect(total).toBe(1)
    expect(streams).toEqual([
      {
        id: expect.any(String) as string,
        track: 'long',
        listener: 'u42',
        client: 'this machine',
        range: 'bytes 1000-23999999/24000000',
        startedAt: expect.any(Number) as number,
        bytesSent: expect.any(Number) as number,
      },
    ])
    expect(streams[0]?.startedAt).toBeGreaterThanOrEqual(begin)
    expect(streams[0]?.bytesSent).toBeGreaterThan(0)
    res.destroy()
    const { ended } = await eventually(async () => {
      const now = await list()
      return now.total === 0 && now
    }, 'the list is empty')
    expect(ended).toEqual([
      {
        track: 'long',
        listener: 'u42',
        client: 'this machine',
        range: 'bytes 1000-23999999/24000000',
        endedAt: expect.any(Number) as number,
        bytesSent: expect.any(Number) as number,
        outcome: 'client_abort',
      },
    ])
  })

  it('shows the newest hundred, and counts all', async () => {
    const url = await sign('many')
    const listeners: IncomingMessage[] = []
    for (let count = 0; count < 101; count += 1) {
      listeners.push(await listen(url, { Range: `bytes=${count}-` }))
    }
    const { total, streams } = await list()
    expect([total, streams.length, streams[0]?.range]).toEqual([101, 100, 'bytes 100-23999999/24000000'])
    for (const res of listeners) res.destroy()
  })

  it('cannot be read by pages of other origins', async () => {
    const { headers } = await ask(demo.port, '/api/streams', { headers: { Origin: 'https://any.example' } })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    expect(headers['cache-control']).toBe('no-store')
  })
})

describe('POST /api/streams/end', () => {
  it('ends this stream and no other', async () => {
    const [first, second] = [await listen(await sign('u1')), await listen(await sign('u2'))]
    const { streams } = await list()
    const { id } = streams.find(({ listener }) => listener === 'u1') ?? {}
    const cut = isCut(first)
    expect(await post('/api/streams/end', JSON.stringify({ id }))).toEqual([200, { ended: true }])
    await cut
    expect((await list()).streams.map(({ listener }) => listener)).toEqual(['u2'])
    second.destroy()
  })

  it('responds with 404 to a stream that has ended', async () => {
    const error = 'No such stream: it has ended'
    expect(await post('/api/streams/end', '{"id":"none"}')).toEqual([404, { error }])
  })
})

describe('POST /api/revoke', () => {
  it('takes a link back: its streams end, and it is refused, but no other link', async () => {
    const [url, other] = [await sign('u1'), await sign('u2')]
    const [res, otherRes] = [await listen(url), await listen(other)]
    const cut = isCut(res)
    expect(await post('/api/revoke', JSON.stringify({ link: url }))).toEqual([200, { streams: 1 }])
    await cut
    const refused = await ask(demo.port, url, { headers: { Accept: 'application/json' } })
    expect(JSON.parse(refused.body.toString())).toMatchObject({ status: 403, code: 'LINK_REVOKED' })
    expect((await ask(demo.port, other, { headers: { Range: 'bytes=0-9' } })).status).toBe(206)
    otherRes.destroy()
  })

  it('takes all links of a listener back, until new ones are signed', async () => {
    const url = await sign('u42')
    expect(await post('/api/revoke', '{"listener":"u42"}')).toEqual([200, { streams: 0 }])
    expect((await ask(demo.port, url)).status).toBe(403)
    expect((await ask(demo.port, await sign('u42'), { headers: { Range: 'bytes=0-9' } })).status).toBe(206)
  })

  it.each([
    ['', 400, 'Send {"link": "…"} or {"listener": "…"} as application/json'],
    ['{}', 400, 'Send {"link": "…"} or {"listener": "…"} as application/json'],
    ['{"listener":""}', 400, 'Send {"link": "…"} or {"listener": "…"} as application/json'],
    ['{"listener":1}', 400, 'Send {"link": "…"} or {"listener": "…"} as application/json'],
    ['{"before":1}', 400, 'Send {"link": "…"} or {"listener": "…"} as application/json'],
    ['{"listener":"a","x":"b"}', 400, 'Send {"link": "…"} or {"listener": "…"} as application/json'],
    ['{"listener":', 400, 'The body must be JSON'],
    ['"listener"', 400, 'The body must be JSON'],
    [`{"listener":"${'a'.repeat(4096)}"}`, 413, 'The body must have at most 4096 bytes'],
  ])('refuses %.40s', async (text, status, error) => {
    expect(await post('/api/revoke', text)).toEqual([status, { error }])
  })

  it.each(['/stream/long', '/stream/long?expires=1&sig=ab', 'https://any.example/', 'nothing'])(
    'responds with 400 to %s, which is no link of this server',
    async link => {
      const [status, body] = await post('/api/revoke', JSON.stringify({ link }))
      expect([status, body]).toEqual([400, { error: expect.stringMatching(/^link /) as string }])
    },
  )

  it('does not take what a form of another page can send', async () => {
    const url = await sign('u42')
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const [status] = await post('/api/revoke', '{"listener":"u42"}', { 'Content-Type': type })
      expect([type, status]).toEqual([type, 400])
    }
    const preflight = await ask(demo.port, '/api/revoke', {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://any.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type',
      },
    })
    expect(preflight.headers['access-control-allow-headers']).toBeUndefined()
    expect((await ask(demo.port, url, { headers: { Range: 'bytes=0-9' } })).status).toBe(206)
  })
})

describe('MAX_REFUSALS_PER_MINUTE', () => {
  it('never counts a listener who may continue after the expiry', async () => {
    await using limited = await runDemo(directory.path, { MAX_REFUSALS_PER_MINUTE: '1' })
    const signed = await ask(limited.port, '/api/sign/long?expiresIn=1&playFor=600')
    const { url, expires } = JSON.parse(signed.body.toString()) as { url: string; expires: number }
    const range = { headers: { Range: 'bytes=0-9' } }
    expect((await ask(limited.port, url, range)).status).toBe(206)
    const forged = url.replace(/sig=.{8}/, 'sig=00000000')
    expect((await ask(limited.port, forged)).status).toBe(403)
    expect((await ask(limited.port, forged)).status).toBe(429)
    await secondIsOver(expires)
    for (let count = 0; count < 5; count += 1) expect((await ask(limited.port, url, range)).status).toBe(206)
  })
})

describe('OPEN_SIGNING, off,', () => {
  it.each([
    ['GET', '/api/streams', 'shows and ends no streams'],
    ['POST', '/api/streams/end', 'shows and ends no streams'],
    ['POST', '/API/Streams/end/', 'shows and ends no streams'],
    ['POST', '/api/revoke', 'revokes no links'],
    ['POST', '/api//revoke', undefined],
  ])('refuses %s %s', async (method, path, what) => {
    await using closed = await runDemo(directory.path, { NODE_ENV: 'production', HOST: 'localhost' })
    const { status, body } = await ask(closed.port, path, { method })
    if (what === undefined) expect(status).toBeGreaterThanOrEqual(400)
    else {
      expect([status, JSON.parse(body.toString())]).toEqual([
        403,
        { error: `This server ${what} here: its operator has not set OPEN_SIGNING to true` },
      ])
    }
  })
})
