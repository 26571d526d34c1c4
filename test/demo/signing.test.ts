/** Links with terms, as the page asks for them: what each allows is asked of the stream. */
import request from 'supertest'
import { ask } from '../support/client'
import { listen } from '../support/server'
import { secondIsOver, TRACK } from '../support/tracks'
import { makeDemo } from './support'

const { app, directory } = makeDemo()
directory.write('track1.mp3', TRACK)
afterAll(directory.remove)

interface Signed {
  readonly url: string
  readonly expires: number
  readonly allows: Readonly<Record<string, unknown>>
}

async function sign(query: string): Promise<Signed> {
  const answer = await request(app).get(`/api/sign/track1?${query}`)
  expect([answer.status, (answer.body as { error?: string }).error]).toEqual([200, undefined])
  return answer.body as Signed
}

/** The status and the code of a range that another device asks for: of each, the address is its own. */
async function playOn(device: number, url: string): Promise<[number, string | undefined]> {
  const answer = await request(app)
    .get(`${url}&device=${device}`)
    .set('Range', 'bytes=0-99')
    .set('Accept', 'application/json')
  return [answer.status, (answer.body as { code?: string }).code]
}

/** The status and the error for a link in place of `link`. */
async function renew(link: string): Promise<[number, string | undefined]> {
  const answer = await request(app).get('/api/sign/track1?listener=renewing').set('Renewed-Link', link)
  return [answer.status, (answer.body as { error?: string }).error]
}

async function revoke(target: object): Promise<void> {
  expect((await request(app).post('/api/revoke').send(target)).status).toBe(200)
}

describe('GET /api/sign/:id in place of another link', () => {
  it('refuses if that was revoked, by itself or with its listener, and signs a link that renews none', async () => {
    const one = await sign('listener=renewing')
    const other = await sign('listener=renewing&linkId=other')
    expect(await renew(one.url)).toEqual([200, undefined])
    await revoke({ link: one.url })
    expect(await renew(`http://127.0.0.1${one.url}&page=x`)).toEqual([403, 'The link before it was revoked'])
    expect(await renew(other.url)).toEqual([200, undefined])
    await revoke({ listener: 'renewing' })
    expect(await renew(other.url)).toEqual([403, 'The link before it was revoked'])
    const { url } = await sign('listener=renewing')
    expect(await renew(url)).toEqual([200, undefined])
  })

  it.each(['', 'nothing', '/stream/track1?expires=1&sig=0', 'http://[', '%ff'])(
    'ignores %j, which is no link of this server',
    async link => {
      expect(await renew(link)).toEqual([200, undefined])
    },
  )
})

describe('GET /api/sign/:id with terms', () => {
  it('says what the link allows, as the stream understands it', async () => {
    const { url, expires, allows } = await sign(
      'expiresIn=60&listener=u42&playFor=3600&uses=2&streams=1&downloadName=N%C3%B6.mp3&network=192.0.2.0/24&linkId=L1',
    )
    expect(url).toMatch(new RegExp(`^/stream/track1\\?expires=${expires}&terms=[\\w.-]+&sig=[0-9a-f]{64}$`))
    expect(allows).toEqual({
      name: 'L1',
      playUntil: expires + 3600,
      listener: 'u42',
      uses: 2,
      streams: 1,
      downloadName: 'Nö.mp3',
      network: '192.0.2.0/24',
    })
  })

  it('lets as many devices begin as uses says', async () => {
    const { url } = await sign('uses=2')
    expect(await playOn(2, url)).toEqual([206, undefined])
    expect(await playOn(3, url)).toEqual([206, undefined])
    expect(await playOn(4, url)).toEqual([403, 'LINK_USED_UP'])
    expect(await playOn(2, url)).toEqual([206, undefined])
  })

  it('lets as many devices listen at a time as streams says', async () => {
    const { url } = await sign('streams=1&listener=one-at-a-time')
    expect(await playOn(2, url)).toEqual([206, undefined])
    expect(await playOn(3, url)).toEqual([429, 'TOO_MANY_STREAMS'])
  })

  it('refuses a device of another network', async () => {
    const { url } = await sign('network=192.0.2.0/24')
    expect(await playOn(2, url)).toEqual([206, undefined])
    const answer = await request(app).get(url).set('Accept', 'application/json')
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([403, 'NETWORK_NOT_ALLOWED'])
  })

  it('names the download', async () => {
    const { url } = await sign('downloadName=Night%20and%20day.mp3')
    const { headers } = await request(app).head(url)
    expect(headers['content-disposition']).toBe('attachment; filename="Night and day.mp3"')
  })

  it('lets who began in time continue after the expiry, and nobody else', async () => {
    const { url, expires } = await sign('expiresIn=1&playFor=600')
    expect(await playOn(2, url)).toEqual([206, undefined])
    await secondIsOver(expires)
    expect(await playOn(3, url)).toEqual([403, 'SIGNATURE_EXPIRED'])
    expect(await playOn(2, url)).toEqual([206, undefined])
  })

  it.each([
    ['uses=0', 'uses must be a whole number from 1 to 86400'],
    ['uses=many', 'uses must be a whole number from 1 to 86400'],
    ['uses=2&uses=3', 'uses must be a whole number from 1 to 86400'],
    ['uses=86400', 'uses must be a whole number, 1 to 9999, got 86400'],
    ['streams=100', 'streams must be a whole number, 1 to 99, got 100'],
    ['playFor=90000', 'playFor must be a whole number from 1 to 86400'],
    ['listener=', 'listener must be one text'],
    ['listener=a&listener=b', 'listener must be one text'],
    ['listener[a]=b', 'There is no parameter "listener[a]"'],
    ['use=1', 'There is no parameter "use"'],
  ])('responds with 400 to %s', async (query, error) => {
    const answer = await request(app).get(`/api/sign/track1?${query}`)
    expect([answer.status, answer.body]).toEqual([400, { error }])
  })

  it.each([
    ['listener=a%20b', 'listener'],
    [`listener=${'a'.repeat(65)}`, 'listener'],
    ['linkId=a.b', 'linkId'],
    ['network=10.0.0.0/8', 'network'],
    ['network=home', 'network'],
    ['downloadName=a%2Fb.mp3', 'downloadName'],
    [`downloadName=${'%C3%B6'.repeat(101)}`, 'downloadName'],
  ])('responds with 400 to %s, and names it', async (query, name) => {
    const answer = await request(app).get(`/api/sign/track1?${query}`)
    expect([answer.status, (answer.body as { error: string }).error]).toEqual([
      400,
      expect.stringMatching(new RegExp(`^${name} must be `)),
    ])
  })
})

it('does not log a client that leaves before the track is found as a fault of the server', async () => {
  const demo = makeDemo()
  demo.directory.write('track1.mp3', TRACK)
  let isLeaving = true
  await using server = await listen((req, res) => {
    if (isLeaving) req.socket.destroy()
    demo.app(req, res)
  })
  await expect(ask(server.port, '/api/sign/track1')).rejects.toMatchObject({ code: 'ECONNRESET' })
  isLeaving = false
  expect((await ask(server.port, '/api/sign/track1')).status).toBe(200)
  expect(demo.log).toEqual([])
  demo.directory.remove()
})

describe('device in the query', () => {
  it('is ignored behind a proxy of this machine', async () => {
    const { url } = await sign('network=192.0.2.0/24')
    const answer = await request(app).get(`${url}&device=2`).set('X-Forwarded-For', '198.51.100.7')
    expect(answer.status).toBe(403)
  })

  it.each(['', '?uses=1'])(
    'is announced with the link, unless a proxy makes it ineffective (%j)',
    async query => {
      const [direct, proxied] = await Promise.all([
        request(app).get(`/api/sign/track1${query}`),
        request(app).get(`/api/sign/track1${query}`).set('X-Forwarded-For', '198.51.100.7'),
      ])
      expect([direct, proxied].map(({ body }) => (body as { devices: string }).devices)).toEqual([
        'apart',
        'one',
      ])
    },
  )

  it('is ignored if links are not for everybody', async () => {
    const closed = makeDemo({ NODE_ENV: 'production', SECRET_KEY: '0123456789abcdef0123456789abcdef' })
    closed.directory.write('track1.mp3', TRACK)
    const { url } = await sign('network=192.0.2.0/24')
    expect((await request(closed.app).get(`${url}&device=2`)).status).toBe(403)
    closed.directory.remove()
  })
})
