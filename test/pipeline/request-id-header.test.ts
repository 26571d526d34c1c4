/** `requestIdHeader`: every response of ours names its request, as the app does in `req.id`. */
import type { IncomingMessage } from 'node:http'
import { createStreamHandler } from 'express-signed-stream'
import { ask, type Question } from '../support/client'
import { listen } from '../support/server'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
afterAll(tracks.remove)

const handler = createStreamHandler({
  path: '/stream',
  dir: tracks.path,
  secret: SECRET,
  requestIdHeader: 'X-Request-Id',
})

async function idOf(id: unknown, path: string, question: Question = {}): Promise<[number, unknown]> {
  await using server = await listen((req, res) => {
    Object.assign(req, { id } satisfies Partial<Record<keyof (IncomingMessage & { id: unknown }), unknown>>)
    handler(req, res)
  })
  const { status, headers } = await ask(server.port, path, question)
  return [status, headers['x-request-id']]
}

const PREFLIGHT = { Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET' }

describe('requestIdHeader', () => {
  it.each<[string, number, string, Question]>([
    ['a whole track', 200, pathFor('track1'), {}],
    ['a range', 206, pathFor('track1'), { headers: { Range: 'bytes=0-9' } }],
    ['a head', 200, pathFor('track1'), { method: 'HEAD' }],
    ['a refused link', 403, '/stream/track1', {}],
    ['a range beyond the end', 416, pathFor('track1'), { headers: { Range: 'bytes=300000-' } }],
    ['an absent track', 404, pathFor('track2'), {}],
    ['a preflight', 204, '/stream/track1', { method: 'OPTIONS', headers: PREFLIGHT }],
  ])('names the request of %s', async (_what, status, path, question) => {
    expect(await idOf('r-1', path, question)).toEqual([status, 'r-1'])
  })

  it('takes a number, and leaves out what is no id', async () => {
    expect(await idOf(7, pathFor('track1'))).toEqual([200, '7'])
    for (const id of [
      undefined,
      '',
      'a b',
      'caf\u00e9',
      'a\r\nX-Other: 1',
      'x'.repeat(257),
      { toString: () => 'x' },
    ]) {
      expect(await idOf(id, pathFor('track1'))).toEqual([200, undefined])
      expect(await idOf(id, '/stream/track1')).toEqual([403, undefined])
    }
  })

  it('is the name of a header field', () => {
    for (const requestIdHeader of ['', 'X Request', 'X-Id:', 7]) {
      expect(() =>
        createStreamHandler({ dir: tracks.path, secret: SECRET, requestIdHeader: requestIdHeader as string }),
      ).toThrow(/requestIdHeader must be the name of a header field/)
    }
  })
})
