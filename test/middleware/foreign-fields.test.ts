/** Fields that the app has set before the router, and refusals to media elements. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { ServerResponse } from 'node:http'
import { createStreamRouter } from 'express-signed-stream'
import { ask } from '../support/client'
import { eventually } from '../support/eventually'
import { HOSTS, listen } from '../support/server'
import { makeTrackDirectory, pathFor, queryFor, SECRET, TRACK } from '../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
afterAll(tracks.remove)

const router = createStreamRouter({ dir: tracks.path, secret: SECRET })

/** Fields that an app may set for all its responses. */
const OF_THE_APP = {
  'Cache-Control': 'public, max-age=31536000',
  'Content-Disposition': 'attachment; filename="song.mp3"',
  'Content-Encoding': 'gzip',
  'Content-Type': 'text/html',
  ETag: '"of the app"',
  'Last-Modified': 'Fri, 01 Jan 1999 00:00:00 GMT',
  Expires: 'Fri, 01 Jan 2100 00:00:00 GMT',
  'Content-Security-Policy': "default-src 'none'",
  'X-Of-The-App': 'kept',
}

describe.each(HOSTS)('on %s', (_host, mount) => {
  const app = mount((req, res) => {
    for (const [name, value] of Object.entries(OF_THE_APP)) res.setHeader(name, value)
    router(req, res)
  })

  it('a served track has our fields in place of the same ones of the app, and keeps the others', async () => {
    await using server = await listen(app)
    const { status, headers, body } = await ask(server.port, pathFor('track1'))
    expect(status).toBe(200)
    expect(body.equals(TRACK)).toBe(true)
    expect(headers).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-disposition': OF_THE_APP['Content-Disposition'],
      'content-security-policy': OF_THE_APP['Content-Security-Policy'],
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      'x-of-the-app': 'kept',
    })
    expect(headers['cache-control']).toMatch(/^private, no-transform, max-age=\d+$/)
    expect(headers.etag).not.toBe(OF_THE_APP.ETag)
    expect(headers['content-encoding']).toBeUndefined()
  })

  it('a refusal has nothing of the app that describes a track', async () => {
    await using server = await listen(app)
    const { status, headers, body } = await ask(server.port, '/stream/track1')
    expect([status, body.toString()]).toEqual([403, 'Signature invalide'])
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': OF_THE_APP['Content-Security-Policy'],
      'x-of-the-app': 'kept',
    })
    for (const name of ['content-disposition', 'content-encoding', 'etag', 'last-modified', 'expires']) {
      expect(headers[name]).toBeUndefined()
    }
  })
})

describe('a refusal', () => {
  it.each([
    [
      'an <audio> of another site',
      { 'Sec-Fetch-Dest': 'audio', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Site': 'cross-site' },
      '',
    ],
    [
      'a <video> of another host of the site',
      { 'Sec-Fetch-Dest': 'video', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Site': 'same-site' },
      '',
    ],
    [
      'an <audio> of the same origin',
      { 'Sec-Fetch-Dest': 'audio', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Site': 'same-origin' },
      'Signature invalide',
    ],
    [
      'an <audio crossorigin> of another site',
      { 'Sec-Fetch-Dest': 'audio', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'cross-site' },
      'Signature invalide',
    ],
    [
      'a page of another site',
      { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'cross-site' },
      'Signature invalide',
    ],
    ['a player', {}, 'Signature invalide'],
  ])('to %s has the body that it can use', async (_who, headers, text) => {
    await using server = await listen(router)
    const answer = await ask(server.port, '/track1', { headers })
    expect([answer.status, answer.body.toString()]).toEqual([403, text])
    expect(answer.headers['content-length']).toBe(String(text.length))
    expect(answer.headers['content-type'] === undefined).toBe(text === '')
  })
})

describe('a middleware around the router can read the head', () => {
  type Watch = (res: ServerResponse, look: () => void) => void
  const watches: readonly [string, Watch][] = [
    ['that waits for the end', (res, look) => res.once('finish', look)],
    ['that waits for the connection to close', (res, look) => res.once('close', look)],
    [
      'that replaced `end`',
      (res, look) => {
        const end = res.end.bind(res) as (...all: unknown[]) => ServerResponse
        res.end = ((...all: unknown[]) => {
          look()
          return end(...all)
        }) as ServerResponse['end']
      },
    ],
    [
      'that replaced `setHeader`',
      (res, look) => {
        res.setHeader = (...field) => {
          ServerResponse.prototype.setHeader.apply(res, field)
          look()
          return res
        }
      },
    ],
  ]

  it.each(watches)('%s', async (_what, watch) => {
    let seen: NodeJS.Dict<unknown> = {}
    await using server = await listen((req, res) => {
      watch(res, () => {
        seen = res.getHeaders()
      })
      router(req, res)
    })
    const good = `/track1?${queryFor('track1')}`
    // From the disk first, and then from memory.
    for (let turn = 0; turn < 3; turn++) {
      seen = {}
      const range = await ask(server.port, good, { headers: { Range: 'bytes=0-9', Connection: 'close' } })
      expect(range.status).toBe(206)
      await eventually(() => seen['content-length'] !== undefined, 'the middleware has seen the head')
      expect(seen).toMatchObject({
        'content-range': 'bytes 0-9/300000',
        'content-length': 10,
        'content-type': 'audio/mpeg',
      })
    }
    await ask(server.port, '/track1', { headers: { Connection: 'close' } })
    await eventually(() => seen['content-length'] !== 10, 'the middleware has seen the refusal')
    expect(seen).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  })

  it('that traces by the channel of Node', async () => {
    const seen: unknown[] = []
    function onFinish(message: unknown): void {
      seen.push((message as { response: ServerResponse }).response.getHeader('content-range'))
    }
    await using server = await listen(router)
    subscribe('http.server.response.finish', onFinish)
    await ask(server.port, `/track1?${queryFor('track1')}`, { headers: { Range: 'bytes=0-9' } })
    await ask(server.port, `/track1?${queryFor('track1')}`, { headers: { Range: 'bytes=1-9' } })
    unsubscribe('http.server.response.finish', onFinish)
    expect(seen).toEqual(['bytes 0-9/300000', 'bytes 1-9/300000'])
  })
})
