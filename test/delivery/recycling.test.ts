/** Buffers are used again, and so must never be while anybody looks at them. */
import { Buffer } from 'node:buffer'
import type { RequestListener, ServerResponse } from 'node:http'
import { createStreamHandler } from 'express-signed-stream'
import { ask } from '../support/client'
import { scriptSource } from '../support/scripted-source'
import { listen } from '../support/server'
import { setStage } from '../support/stage'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
tracks.write('track2.mp3', Buffer.alloc(TRACK.length, 'other'))
afterAll(tracks.remove)

const stream: RequestListener = createStreamHandler({
  path: '/stream',
  dir: tracks.path,
  secret: SECRET,
  cache: false,
})

it('leaves alone what a middleware keeps of an answer', async () => {
  const kept: Buffer[] = []
  await using server = await listen(recording(kept, stream))
  expect((await ask(server.port, pathFor('track1'))).body.equals(TRACK)).toBe(true)
  const recorded = kept.splice(0)
  for (let time = 0; time < 3; time++) await ask(server.port, pathFor('track2'))
  expect(Buffer.concat(recorded).equals(TRACK)).toBe(true)
})

it('sends each of many listeners their own bytes', async () => {
  await using server = await listen(stream)
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const first = index * 1000
      const headers = { Range: `bytes=${first}-` }
      const id = index % 2 === 0 ? 'track1' : 'track2'
      return { id, first, body: (await ask(server.port, pathFor(id), { headers })).body }
    }),
  )
  for (const { id, first, body } of answers) {
    const due = id === 'track1' ? TRACK : Buffer.alloc(TRACK.length, 'other')
    expect(body.equals(due.subarray(first))).toBe(true)
  }
})

describe('A source may give more at a time', () => {
  it.each<[string, boolean[], (serve: RequestListener) => RequestListener]>([
    ['once a client has taken what it was given at once', [false, true, true], serve => serve],
    [
      'but not if a middleware may keep what it was given',
      [false, false, false],
      serve => recording([], serve),
    ],
  ])('%s', async (_when, eagerness, wrap) => {
    const source = scriptSource(3000, () => [Buffer.alloc(1000), Buffer.alloc(1000), Buffer.alloc(1000)])
    await using server = await setStage(source, {}, { wrap })
    expect((await ask(server.port, '/track1')).body).toHaveLength(3000)
    expect(source.eagerness).toEqual(eagerness)
  })
})

/** An app that keeps references to all that is written, to answer the next request with it, say. */
function recording(kept: Buffer[], serve: RequestListener): RequestListener {
  return (req, res) => {
    const write = res.write.bind(res) as (chunk: Buffer) => boolean
    const end = res.end.bind(res) as (chunk?: Buffer) => ServerResponse
    res.write = ((chunk: Buffer) => {
      kept.push(chunk)
      return write(chunk)
    }) as typeof res.write
    res.end = ((chunk?: Buffer) => {
      if (chunk !== undefined) kept.push(chunk)
      return end(chunk)
    }) as typeof res.end
    serve(req, res)
  }
}
