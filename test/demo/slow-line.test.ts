/** `line=slow` in the query: what a pretended device listens over, so that a short track is a stream in progress. */
import { Buffer } from 'node:buffer'
import { eventually } from '../support/eventually'
import { makeTrackDirectory } from '../support/tracks'
import { runDemo, type Running } from './running'

/** More than is sent at once. */
const TRACK = Buffer.alloc(1_200_000, 'sound')
const LONG = 8_000_000

const directory = makeTrackDirectory()
directory.write('track.mp3', TRACK)
directory.write('long.mp3', Buffer.alloc(LONG))
afterAll(directory.remove)

async function sign({ port }: Running, id: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/api/sign/${id}?listener=Ann`)
  const { url } = (await response.json()) as { url: string }
  return `http://127.0.0.1:${port}${url}`
}

function fieldsOf({ headers }: Response): string[] {
  return Array.from(headers.keys()).filter(name => !/^(?:connection|keep-alive|set-cookie)$/.test(name))
}

it('brings the same bytes, and the same fields but for the connection', async () => {
  await using demo = await runDemo(directory.path)
  const url = await sign(demo, 'track')
  const [usual, slow] = await Promise.all([fetch(url), fetch(`${url}&device=2&line=slow`)])
  expect(Buffer.from(await slow.arrayBuffer()).equals(TRACK)).toBe(true)
  await usual.arrayBuffer()
  expect(fieldsOf(slow)).toEqual(fieldsOf(usual))
  expect(slow.headers.get('connection')).toBe('close')
})

it('keeps a stream in progress, which a revocation ends', async () => {
  await using demo = await runDemo(directory.path)
  const url = await sign(demo, 'long')
  const response = await fetch(`${url}&device=2&line=slow`)
  const listed = await (await fetch(`http://127.0.0.1:${demo.port}/api/streams`)).json()
  expect(listed).toMatchObject({
    total: 1,
    streams: [{ track: 'long', listener: 'Ann', client: '192.0.2.x' }],
  })
  const revoked = await fetch(`http://127.0.0.1:${demo.port}/api/revoke`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ listener: 'Ann' }),
  })
  expect(await revoked.json()).toEqual({ streams: 1 })
  await expect(response.arrayBuffer()).rejects.toThrow()
  const ended = demo.log().find(({ outcome }) => outcome === 'revoked')
  expect(ended).toMatchObject({ file_id: 'long', listener: 'Ann' })
})

it('ends with the client that leaves', async () => {
  await using demo = await runDemo(directory.path)
  const controller = new AbortController()
  const url = await sign(demo, 'long')
  await fetch(`${url}&device=2&line=slow`, { signal: controller.signal })
  controller.abort()
  await eventually(() => demo.log().some(({ outcome }) => outcome === 'client_abort'), 'the stream has ended')
})

it('shows a refusal, and the page, as usual', async () => {
  await using demo = await runDemo(directory.path)
  const url = await sign(demo, 'track')
  const refused = await fetch(`${url.replace('sig=', 'sig=00')}&line=slow`)
  expect(refused.status).toBe(403)
  const page = await fetch(`http://127.0.0.1:${demo.port}/?line=slow`)
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<h1>')])
})

it.each([
  ['behind a proxy', {}, { 'X-Forwarded-For': '203.0.113.7' }],
  ['if links are not for everybody', { OPEN_SIGNING: 'false' }, {}],
])('is ignored %s', async (_when, environment, headers) => {
  await using open = await runDemo(directory.path)
  const { pathname, search } = new URL(await sign(open, 'track'))
  await using demo = await runDemo(directory.path, environment)
  const url = `http://127.0.0.1:${demo.port}${pathname}${search}&line=slow`
  const response = await fetch(url, { headers: headers as Record<string, string> })
  expect(Buffer.from(await response.arrayBuffer()).equals(TRACK)).toBe(true)
  expect(response.headers.get('connection')).toBe('keep-alive')
})
