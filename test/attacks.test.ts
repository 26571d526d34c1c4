/** Bad input on the wire, each kind with its expected status. Every target is sent byte for byte, on every host. */
import { Agent, type OutgoingHttpHeaders } from 'node:http'
import { createStreamRouter } from 'express-signed-stream'
import { decoded, E, IDS, makeAttackedTracks, QUERIES, sign } from './support/attack-list'
import { ask, askRaw, rawGet } from './support/client'
import { listen, type RunningServer } from './support/server'
import { STREAM_HOSTS } from './support/stream-hosts'
import { pathFor, SECRET } from './support/tracks'

const tracks = makeAttackedTracks()
afterAll(() => {
  tracks.remove()
})

describe.each(STREAM_HOSTS)('%s', (_name, serveStream) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await listen(serveStream({ dir: tracks.path, secret: SECRET, cors: { origin: true } }))
  })
  afterAll(async () => {
    agent.destroy()
    await server.close()
  })

  /** One connection for all, so that a response that is too long or too short spoils the next one. */
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  async function statusOf(target: string, headers: OutgoingHttpHeaders = {}): Promise<number> {
    const { status } = await ask(server.port, target, { agent, headers: { Range: 'bytes=0-0', ...headers } })
    return status === 206 ? 200 : status
  }

  it.each(QUERIES)('%s', async (_what, query, status) => {
    expect(await statusOf(`/stream/abc?${query}`)).toBe(status)
  })

  it.each(IDS)('the id %s with a correct signature: %d', async (id, status) => {
    expect(await statusOf(`/stream/${id}?expires=${E}&sig=${sign(`${decoded(id)}|${E}`)}`)).toBe(status)
  })

  it('a pipe moved from the id into the expiry', async () => {
    expect(await statusOf(`/stream/a?expires=1|${E}&sig=${sign(`a|1|${E}`)}`)).toBe(403)
    expect(await statusOf(`/stream/a?expires=1%7C${E}&sig=${sign(`a|1|${E}`)}`)).toBe(403)
  })

  it('an expired link with a bad signature is refused like any bad signature', async () => {
    const bad = await askRaw(server.port, rawGet(`/stream/abc?expires=1&sig=${'0'.repeat(64)}`))
    expect(bad).toContain('Signature invalide')
    const expired = await askRaw(server.port, rawGet(pathFor('abc', 1)))
    expect(expired).toContain('Signature expirée')
  })

  it.each(['/stream/abc', '/stream/missing', '/stream/escape'])(
    '%s with a bad signature: the same response whether the file exists or not',
    async path => {
      const reference = await ask(server.port, `/stream/abc?expires=${E}&sig=${'0'.repeat(64)}`)
      const headers = { Range: 'bytes=99999999-', 'If-None-Match': '*', 'If-Match': '"x"' }
      const answer = await ask(server.port, `${path}?expires=${E}&sig=${'0'.repeat(64)}`, { headers })
      expect(answer.status).toBe(403)
      expect({ ...answer.headers, date: '' }).toEqual({ ...reference.headers, date: '' })
      expect(answer.body.equals(reference.body)).toBe(true)
    },
  )

  it('the absolute form, a foreign Host and a fragment change nothing', async () => {
    expect(await statusOf(`http://other.example${pathFor('abc')}`)).toBe(200)
    expect(await statusOf(pathFor('abc'), { 'X-Forwarded-Host': 'evil.example' })).toBe(200)
    expect(await statusOf(`${pathFor('abc')}#x`)).toBe(200)
  })

  it('a method that another field overrides stays what it is', async () => {
    const headers = { 'X-HTTP-Method-Override': 'GET' }
    expect((await ask(server.port, pathFor('abc'), { method: 'POST', headers })).status).toBe(405)
  })

  it('no response holds a stack trace', async () => {
    const answer = await askRaw(server.port, rawGet('/stream/%zz', 'Accept: text/html'))
    expect(answer).toContain('Identifiant invalide')
    expect(answer).not.toMatch(/URIError|node_modules| at /)
  })

  it('a line break in a header field reaches no header of the response', async () => {
    const answer = await askRaw(server.port, rawGet(pathFor('abc'), 'Origin: x\r\n y: z', 'Range: bytes=0-0'))
    expect(answer).not.toMatch(/^y: z/m)
  })
})

it('a clock set back between two requests gives no negative max-age', async () => {
  let now = 1_000_000
  let isSetBack = false
  const router = createStreamRouter({
    dir: tracks.path,
    secret: SECRET,
    now: () => (isSetBack ? now-- : now),
    clockTolerance: 5,
  })
  isSetBack = true
  await using server = await listen(router)
  const answer = await ask(server.port, pathFor('abc', 999_998).replace('/stream', ''))
  expect(answer.headers['cache-control']).toMatch(/max-age=0$/)
})
