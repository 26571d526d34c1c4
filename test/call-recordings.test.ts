/** The recipe of `docs/recipes/call-recordings.md`, with a phone system that writes while people listen. */
import { once } from 'node:events'
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import { makeEnder } from './support/at-the-end'
import { ask, type Answer } from './support/client'
import { eventually } from './support/eventually'
import { makeRecipeProject, startRecipe, type RunningRecipe } from './support/recipe'

const WAV = { id: '1795860900.41', path: '2026/11/28/1795860900.41.wav' }
const MP3 = { id: '1795861800.42', path: '2026/11/28/1795861800.42.mp3' }
const EXPIRED = { id: '1704110400.7', path: '2024/01/01/1704110400.7.wav' }
/** More than the buffers of sockets hold. */
const LONG = Buffer.alloc(32 * 1024 * 1024, 'a long call, ')

const atTheEnd = makeEnder()
let recordings: string
let server: RunningRecipe

beforeEach(async () => {
  const project = makeRecipeProject('call-recordings')
  atTheEnd(project.remove)
  recordings = join(project.path, 'recordings')
  for (const { path } of [WAV, MP3, EXPIRED]) {
    mkdirSync(dirname(join(recordings, path)), { recursive: true })
    writeFileSync(join(recordings, path), `the bytes of ${path}`)
  }
  server = await startRecipe(project.path, 'server.ts')
  await eventually(async () => {
    const { body } = await askAs('anna', '/calls')
    return !body.includes(EXPIRED.id)
  }, 'the expired recording is withdrawn')
})
afterEach(() => server.stop())

function askAs(user: string | undefined, path: string, method = 'GET'): Promise<Answer> {
  return ask(server.port, path, { method, headers: user === undefined ? {} : { 'X-Forwarded-User': user } })
}

async function linkFor(user: string, { id }: { readonly id: string }): Promise<string> {
  const { status, body } = await askAs(user, `/calls/${id}/link`)
  expect(status).toBe(200)
  return (JSON.parse(body.toString()) as { url: string }).url
}

/** Begins a body, and reads no further than its first piece. */
async function open(path: string): Promise<IncomingMessage> {
  const request = get({ host: '127.0.0.1', port: server.port, path, agent: false })
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  await once(response, 'readable')
  return response
}

/** Reads all that comes; whether that was the whole body. */
async function isWhole(body: IncomingMessage): Promise<boolean> {
  body.resume()
  await eventually(() => body.destroyed, 'the body ends')
  return body.complete
}

describe('The recipe for recordings of calls', () => {
  it.each([
    ['the agent', 'anna', WAV, 'audio/wav'],
    ['the supervisor', 'clara', WAV, 'audio/wav'],
    ['the supervisor', 'clara', MP3, 'audio/mpeg'],
  ])('lets %s, %s, listen', async (_role, user, call, type) => {
    const { status, headers, body } = await ask(server.port, await linkFor(user, call))
    expect([status, headers['content-type'], body.toString()]).toEqual([
      200,
      type,
      `the bytes of ${call.path}`,
    ])
    expect(headers['content-disposition']).toBe(`inline; filename="${call.path.split('/').at(-1) ?? ''}"`)
  })

  it('says to others the same as for a call that does not exist', async () => {
    const others = await askAs('ben', `/calls/${WAV.id}/link`)
    const nothing = await askAs('ben', '/calls/1.1/link')
    expect([others.status, others.body.toString()]).toEqual([404, nothing.body.toString()])
    expect((await askAs(undefined, `/calls/${WAV.id}/link`)).status).toBe(401)
  })

  it('lists for each person the calls to which they may listen', async () => {
    const lists = await Promise.all(['anna', 'ben', 'clara', 'dora'].map(user => askAs(user, '/calls')))
    expect(lists.map(({ body }) => JSON.parse(body.toString()) as unknown)).toEqual([
      [WAV.id],
      [MP3.id],
      [WAV.id, MP3.id],
      [],
    ])
    expect((await askAs(undefined, '/calls')).status).toBe(401)
  })

  it('keeps paths, which may contain phone numbers, out of links', async () => {
    expect(await linkFor('ben', MP3)).toMatch(/^\/stream\/1795861800-2e_42\?/)
  })

  it('gives a recording in progress as far as it is, and more of it later by the same link', async () => {
    const file = join(recordings, MP3.path)
    const link = await linkFor('ben', MP3)
    writeFileSync(file, LONG)
    const body = await open(link)
    appendFileSync(file, 'and the end')
    expect(await isWhole(body)).toBe(true)
    expect(body.headers['content-length']).toBe(String(LONG.length))
    const whole = String(LONG.length + 'and the end'.length)
    const later = await eventually(async () => {
      const { headers } = await ask(server.port, link, { method: 'HEAD' })
      return headers['content-length'] === whole && headers
    }, 'the new size is served')
    expect(later['cache-control']).toBe('private, no-transform, max-age=0')
    expect(later.etag).not.toBe(body.headers.etag)
    const rest = await ask(server.port, link, { headers: { Range: `bytes=${LONG.length}-` } })
    expect([rest.status, rest.body.toString()]).toEqual([206, 'and the end'])
  })

  it('never gives a mixture of a WAV whose header is written when the call ends', async () => {
    const file = join(recordings, WAV.path)
    const link = await linkFor('anna', WAV)
    writeFileSync(file, LONG)
    const body = await open(link)
    const descriptor = openSync(file, 'r+')
    writeSync(descriptor, 'RIFF and the length', 0)
    closeSync(descriptor)
    expect(await isWhole(body)).toBe(false)
    const again = await ask(server.port, link)
    expect([again.status, again.body.length, again.body.toString('latin1', 0, 19)]).toEqual([
      200,
      LONG.length,
      'RIFF and the length',
    ])
  })

  it('withdraws a recording for its supervisor alone: the file, streams in progress, and links', async () => {
    const file = join(recordings, WAV.path)
    writeFileSync(file, LONG)
    const link = await linkFor('anna', WAV)
    const body = await open(link)
    expect((await askAs('anna', `/calls/${WAV.id}`, 'DELETE')).status).toBe(404)
    expect(existsSync(file)).toBe(true)
    expect((await askAs('clara', `/calls/${WAV.id}`, 'DELETE')).status).toBe(204)
    expect(existsSync(file)).toBe(false)
    expect(await isWhole(body)).toBe(false)
    expect((await ask(server.port, link)).status).toBe(403)
    expect((await askAs('anna', `/calls/${WAV.id}/link`)).status).toBe(404)
  })

  it('withdraws what was kept for long enough, and nothing else', async () => {
    expect(existsSync(join(recordings, EXPIRED.path))).toBe(false)
    expect((await askAs('anna', `/calls/${EXPIRED.id}/link`)).status).toBe(404)
    expect(existsSync(join(recordings, WAV.path))).toBe(true)
  })
})
