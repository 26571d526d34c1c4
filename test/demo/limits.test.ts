import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { ask, askRaw, rawGet, type Answer } from '../support/client'
import { eventually } from '../support/eventually'
import { inSeconds, makeTrackDirectory, pathFor, TRACK } from '../support/tracks'
import { runDemo } from './running'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
// More than the sockets of a client that does not read take.
directory.write('long.mp3', Buffer.alloc(12_000_000, TRACK))
afterAll(directory.remove)

const FORGED = `/stream/track1?expires=${inSeconds(600)}&sig=${'0'.repeat(64)}`

async function askFrom(address: string, port: number, path: string): Promise<Answer> {
  return ask(port, path, { headers: { 'X-Forwarded-For': address, Origin: 'https://app.example' } })
}

async function statusesFrom(addresses: readonly string[], port: number, path: string): Promise<number[]> {
  const statuses: number[] = []
  for (const address of addresses) statuses.push((await askFrom(address, port, path)).status)
  return statuses
}

/** A listener that reads only the start of the response. */
async function listenTo(port: number, address = '127.0.0.1'): Promise<IncomingMessage> {
  const headers = { 'X-Forwarded-For': address }
  const request = get({ host: '127.0.0.1', port, path: pathFor('long'), agent: false, headers })
  const [res] = (await once(request, 'response')) as [IncomingMessage]
  return res
}

describe('MAX_REFUSALS_PER_MINUTE', () => {
  it('responds with 429, which pages can read, to further invalid signatures', async () => {
    await using demo = await runDemo(directory.path, {
      MAX_REFUSALS_PER_MINUTE: '3',
      TRUST_PROXY: '1',
      ALLOWED_ORIGINS: 'https://app.example',
    })
    const client = Array<string>(4).fill('203.0.113.1')
    expect(await statusesFrom(client, demo.port, FORGED)).toEqual([403, 403, 403, 429])
    const answer = await askFrom('203.0.113.1', demo.port, FORGED)
    expect(answer.status).toBe(429)
    expect(answer.body.toString()).toBe('Trop de requêtes')
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'access-control-allow-origin': 'https://app.example',
      'access-control-expose-headers': 'Retry-After',
    })
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60)
  })

  it.each<[string, Record<string, string>, string]>([
    ['audio of another site', { dest: 'audio', mode: 'no-cors', site: 'cross-site' }, ''],
    ['video of another origin', { dest: 'video', mode: 'no-cors', site: 'same-site' }, ''],
    ['audio of this origin', { dest: 'audio', mode: 'no-cors', site: 'same-origin' }, 'Trop de requêtes'],
    ['audio with crossorigin', { dest: 'audio', mode: 'cors', site: 'cross-site' }, 'Trop de requêtes'],
    ['fetch', { dest: 'empty', mode: 'cors', site: 'cross-site' }, 'Trop de requêtes'],
    ['an image', { dest: 'image', mode: 'no-cors', site: 'cross-site' }, 'Trop de requêtes'],
  ])('refuses %s with a body that it can read, or none', async (_what, { dest, mode, site }, text) => {
    await using demo = await runDemo(directory.path, { MAX_REFUSALS_PER_MINUTE: '1' })
    await ask(demo.port, FORGED)
    const headers = { 'Sec-Fetch-Dest': dest, 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Site': site }
    const answer = await ask(demo.port, FORGED, { headers })
    expect([answer.status, answer.body.toString()]).toEqual([429, text])
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(text)))
    expect(answer.headers).toHaveProperty('retry-after')
  })

  it('refuses as the stream does, also for clients that prefer JSON', async () => {
    await using demo = await runDemo(directory.path, { MAX_REFUSALS_PER_MINUTE: '1' })
    const headers = { Accept: 'application/json' }
    const [first, second] = [
      await ask(demo.port, FORGED, { headers }),
      await ask(demo.port, FORGED, { headers }),
    ]
    expect([first.status, first.headers['content-type']]).toEqual([403, 'application/problem+json'])
    expect([second.status, second.headers['content-type']]).toEqual([429, 'application/problem+json'])
    expect(JSON.parse(second.body.toString())).toEqual({
      type: 'about:blank',
      title: 'Trop de requêtes',
      status: 429,
      code: 'TOO_MANY_STREAMS',
    })
    for (const name of ['x-content-type-options', 'cross-origin-resource-policy', 'referrer-policy']) {
      expect([name, second.headers[name]]).toEqual([name, first.headers[name]])
    }
  })

  it('logs once that a client has exceeded it', async () => {
    await using demo = await runDemo(directory.path, { MAX_REFUSALS_PER_MINUTE: '1', TRUST_PROXY: '1' })
    await statusesFrom(Array<string>(6).fill('203.0.113.1'), demo.port, FORGED)
    const logged = demo.log().filter(({ level }) => level === 'warn')
    expect(logged).toMatchObject([
      { msg: 'Invalid signature attempt', client_ip: '203.0.113.1' },
      { msg: 'Too many refused signatures', client_ip: '203.0.113.1' },
    ])
  })

  it('serves a valid link of the same client', async () => {
    await using demo = await runDemo(directory.path, { MAX_REFUSALS_PER_MINUTE: '1' })
    expect(await statusesFrom(['', '', ''], demo.port, FORGED)).toEqual([403, 429, 429])
    expect((await ask(demo.port, pathFor('track1'))).status).toBe(200)
    expect((await ask(demo.port, FORGED)).status).toBe(429)
  })

  it('serves a valid link that a shorter secret has signed', async () => {
    await using demo = await runDemo(directory.path, {
      MAX_REFUSALS_PER_MINUTE: '1',
      SECRET_KEY: 'sixteen bytes é',
    })
    const { url } = JSON.parse((await ask(demo.port, '/api/sign/track1')).body.toString()) as { url: string }
    expect(await statusesFrom(['', ''], demo.port, FORGED)).toEqual([403, 429])
    expect((await ask(demo.port, url)).status).toBe(200)
  })

  it('counts neither ranges nor other refusals', async () => {
    await using demo = await runDemo(directory.path, { MAX_REFUSALS_PER_MINUTE: '1' })
    expect((await ask(demo.port, FORGED)).status).toBe(403)
    const ranges = await Promise.all(
      Array.from({ length: 100 }, (_, start) =>
        ask(demo.port, pathFor('track1'), { headers: { Range: `bytes=${start}-${start}` } }),
      ),
    )
    expect(new Set(ranges.map(({ status }) => status))).toEqual(new Set([206]))
    for (const [path, status] of [
      [pathFor('missing'), 404],
      ['/stream/a%20b?expires=1&sig=2', 400],
      ['/stream/%zz', 400],
    ] as const) {
      expect(await statusesFrom(['', '', ''], demo.port, path)).toEqual([status, status, status])
    }
    const preflight = await ask(demo.port, FORGED, {
      method: 'OPTIONS',
      headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' },
    })
    expect(preflight.status).toBe(204)
  })

  it('counts the addresses of an IPv6 /64 as one, and IPv4 in IPv6 as IPv4', async () => {
    await using demo = await runDemo(directory.path, { MAX_REFUSALS_PER_MINUTE: '1', TRUST_PROXY: '1' })
    const addresses = [
      '2001:db8:0:1::1',
      '2001:db8:0:1:ffff:ffff:ffff:ffff',
      '2001:db8:0:2::1',
      '::ffff:203.0.113.7',
      '203.0.113.7',
      '203.0.113.8',
    ]
    expect(await statusesFrom(addresses, demo.port, FORGED)).toEqual([403, 429, 403, 403, 429, 403])
  })

  it('trusts X-Forwarded-For as far as TRUST_PROXY says', async () => {
    await using believing = await runDemo(directory.path, { MAX_REFUSALS_PER_MINUTE: '1', TRUST_PROXY: '1' })
    // The last address is what the proxy saw; the client made up the others.
    const forged = ['198.51.100.1, 203.0.113.1', '198.51.100.2, 203.0.113.1', '198.51.100.1, 203.0.113.2']
    expect(await statusesFrom(forged, believing.port, FORGED)).toEqual([403, 429, 403])

    await using subnet = await runDemo(directory.path, {
      MAX_REFUSALS_PER_MINUTE: '1',
      TRUST_PROXY: 'loopback, 10.0.0.0/8',
    })
    const hops = ['203.0.113.1, 10.1.2.3', '203.0.113.1, 10.3.2.1', '203.0.113.2:4711', '[2001:db8::1]:80']
    expect(await statusesFrom(hops, subnet.port, FORGED)).toEqual([403, 429, 403, 403])
  })

  it('ignores it otherwise, and logs so once', async () => {
    await using demo = await runDemo(directory.path, { MAX_REFUSALS_PER_MINUTE: '1' })
    expect(await statusesFrom(['203.0.113.1', '203.0.113.2', ''], demo.port, FORGED)).toEqual([403, 429, 429])
    const logged = demo.log().filter(({ msg }) => msg.startsWith('X-Forwarded-For'))
    expect(logged).toMatchObject([
      { level: 'warn', msg: 'X-Forwarded-For is not believed: if a proxy sends it, set TRUST_PROXY' },
    ])
    expect(demo.log().find(({ msg }) => msg === 'Invalid signature attempt')).toMatchObject({
      client_ip: '127.0.0.1',
    })
  })

  it('uses the address of the connection if the proxy sends none', async () => {
    await using demo = await runDemo(directory.path, { MAX_REFUSALS_PER_MINUTE: '1', TRUST_PROXY: '1' })
    expect(await statusesFrom(['unknown', '_hidden', '<script>'], demo.port, FORGED)).toEqual([403, 429, 429])
  })
})

describe('MAX_STREAMS_PER_CLIENT', () => {
  it('responds with 429 to a further stream, until one has ended', async () => {
    await using demo = await runDemo(directory.path, { MAX_STREAMS_PER_CLIENT: '2', TRUST_PROXY: '1' })
    const first = await listenTo(demo.port, '2001:db8::1')
    const second = await listenTo(demo.port, '2001:db8::2')
    const refused = await askFrom('2001:db8::3', demo.port, pathFor('track1'))
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '10'])
    expect(refused.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
    })
    expect((await askFrom('2001:db8:0:1::1', demo.port, pathFor('track1'))).status).toBe(200)
    expect(demo.log().filter(({ msg }) => msg === 'Too many streams at a time')).toMatchObject([
      { level: 'warn', client_ip: '2001:db8::3', streams: 2 },
    ])

    first.destroy()
    await freed(() => askFrom('2001:db8::3', demo.port, pathFor('track1')))
    second.destroy()
  })

  it('does not count streams that have ended, in whatever way', async () => {
    await using demo = await runDemo(directory.path, {
      MAX_STREAMS_PER_CLIENT: '1',
      MAX_REFUSALS_PER_MINUTE: '0',
      STALL_TIMEOUT: '100ms',
    })
    const { port } = demo
    const whole = await ask(port, pathFor('track1'))
    let stalled: IncomingMessage | undefined
    const ends: (() => Promise<unknown>)[] = [
      () => ask(port, pathFor('track1'), { method: 'HEAD' }),
      () => ask(port, pathFor('track1'), { headers: { 'If-None-Match': String(whole.headers.etag) } }),
      () => ask(port, pathFor('track1'), { headers: { Range: 'bytes=999999-' } }),
      () => ask(port, pathFor('missing')),
      () => ask(port, FORGED),
      () => ask(port, pathFor('track1'), { method: 'POST' }),
      // It stalls, and the server disconnects it.
      async () => (stalled = await listenTo(port)),
      async () => (await listenTo(port)).destroy(),
    ]
    for (const end of ends) {
      await end()
      await freed(() => ask(port, pathFor('track1')))
    }
    stalled?.destroy()
  })

  it('counts each pipelined stream, and frees all of them', async () => {
    await using demo = await runDemo(directory.path, { MAX_STREAMS_PER_CLIENT: '3' })
    const some = rawGet(pathFor('track1')).replace('Connection: close\r\n', '')
    const text = await askRaw(demo.port, some.repeat(2) + rawGet(pathFor('track1')))
    expect(text.match(/HTTP\/1.1 200 OK/g)).toHaveLength(3)
    await freed(() => ask(demo.port, pathFor('track1')))
  })

  it('does not count a pipelined request before its turn, granted or not', async () => {
    await using demo = await runDemo(directory.path, { MAX_STREAMS_PER_CLIENT: '2' })
    const socket = connect(demo.port, '127.0.0.1')
    const [long, unsigned] = [pathFor('long'), '/stream/track1'].map(path =>
      rawGet(path).replace('Connection: close\r\n', ''),
    )
    socket.write(`${long}${unsigned}${long}${unsigned}`)
    await once(socket, 'data')
    expect((await ask(demo.port, pathFor('track1'))).status).toBe(200)
    socket.destroy()
    const listeners = [await listenTo(demo.port)]
    await freed(async () => {
      const listener = await listenTo(demo.port)
      listeners.push(listener)
      return { status: listener.statusCode ?? 0 }
    })
    expect((await ask(demo.port, pathFor('track1'))).status).toBe(429)
    for (const listener of listeners) listener.destroy()
  })

  it('logs only the refusals of its own server, of which a process may have several', async () => {
    const environment = { MAX_STREAMS_PER_CLIENT: '1' }
    await using demo = await runDemo(directory.path, environment)
    await using other = await runDemo(directory.path, environment)
    const listener = await listenTo(demo.port)
    expect((await ask(demo.port, pathFor('track1'))).status).toBe(429)
    expect(demo.log().filter(({ msg }) => msg === 'Too many streams at a time')).toHaveLength(1)
    expect(other.log()).toEqual([])
    listener.destroy()
  })

  it('does not count the page and its JSON', async () => {
    await using demo = await runDemo(directory.path, { MAX_STREAMS_PER_CLIENT: '1' })
    const listener = await listenTo(demo.port)
    expect((await ask(demo.port, '/api/tracks')).status).toBe(200)
    listener.destroy()
  })
})

describe('one connection', () => {
  it('may have 64 requests that wait for their turn, and gets 429 for more', async () => {
    await using demo = await runDemo(directory.path)
    const some = rawGet('/nothing').replace('Connection: close\r\n', '')
    const text = await askRaw(demo.port, some.repeat(69) + rawGet('/nothing'))
    const statuses = Array.from(text.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => Number(status))
    expect(statuses).toEqual([...Array<number>(64).fill(404), ...Array<number>(6).fill(429)])
  })
})

/** Repeats the request until the response is 200: the server notices an end a moment after its client. */
async function freed(again: () => Promise<Pick<Answer, 'status'>>): Promise<void> {
  await eventually(async () => {
    const { status } = await again()
    expect([200, 429]).toContain(status)
    return status === 200
  }, 'a stream is granted again')
}
