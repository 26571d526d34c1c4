/** Sources whose answer depends on more than the id. */
import type { TrackLocation } from 'express-signed-stream'
import { createRemoteSource } from '../../../src/source/remote/remote-source'
import type { Grant } from '../../../src/signing/authenticate-link'
import { readAll } from '../../support/contract'
import { eventsOf } from '../../support/events'
import { makeContent, StubStore, versionsIn } from '../../support/stub-store'
import { requestFor } from '../../support/track-request'
import { causesOf, MIB, sameBytes, serve } from './helpers'

const SIZE = 400_000

function grantFor(keyIndex: number): Grant {
  return { id: 'mine', expires: 4_000_000_000, keyIndex }
}

it('never gives the file of one user to another who has the same id', async () => {
  const store = new StubStore({ 'user0/mine': makeContent(SIZE, 10), 'user1/mine': makeContent(SIZE, 11) })
  store.locate = (id, { grant }) => ({ key: `user${grant?.keyIndex ?? 'nobody'}/${id}` })
  const source = createRemoteSource(store, { cacheBytes: 64 * MIB })
  async function play(keyIndex: number): Promise<readonly number[] | undefined> {
    const request = { ...requestFor('mine'), grant: grantFor(keyIndex) }
    const track = await source.open(request, new AbortController())
    const reader = track?.read({ first: 0, last: SIZE - 1 }, new AbortController())
    const bytes = reader && (await readAll(reader))
    track?.close()
    return bytes && versionsIn(bytes, 0)
  }
  const plays = Array.from({ length: 10 }, (_, index) => index % 2)
  expect(await Promise.all(plays.map(play))).toEqual(plays.map(index => [10 + index]))
  // From memory, too.
  expect(await Promise.all(plays.map(play))).toEqual(plays.map(index => [10 + index]))
  expect(store.opens).toHaveLength(2)
})

it('shares what is in memory between two ids of one key, and gives each its own name and type', async () => {
  const store = new StubStore({ file: makeContent(SIZE) })
  store.locate = id => ({ key: 'file', fileName: `${id}.ogg`, ...(id === 'b' && { type: 'audio/x-flac' }) })
  const source = createRemoteSource(store, { cacheBytes: 64 * MIB })
  const described = ['a', 'b'].map(id => source.describe(requestFor(id), new AbortController()))
  expect(await Promise.all(described)).toMatchObject([
    { type: 'audio/mpeg', fileName: 'a.ogg', size: SIZE },
    { type: 'audio/flac', fileName: 'b.ogg', size: SIZE },
  ])
  expect(store.opens).toHaveLength(1)
})

it('is called for each request, and its last result counts at once', async () => {
  const store = new StubStore({ track1: makeContent(SIZE), other: makeContent(SIZE, 2) })
  let key = 'track1'
  let asked = 0
  store.locate = () => {
    asked++
    return { key }
  }
  await using server = await serve(store)
  await server.get('track1', '0-99')
  key = 'other'
  const answer = await server.get('track1', '0-99')
  expect([asked, versionsIn(answer.body, 0)]).toEqual([2, [2]])
})

it.each([undefined, null])('has no track if it is nowhere: %s', async location => {
  const store = new StubStore({ track1: makeContent(SIZE) })
  store.locate = () => location as undefined
  await using server = await serve(store)
  expect((await server.get('track1')).status).toBe(404)
  store.locate = () => Promise.resolve(location as undefined)
  expect((await server.get('track1')).status).toBe(404)
  expect(store.calls).toHaveLength(0)
})

describe.each([
  ['at once', (location: unknown) => location],
  ['as a promise', (location: unknown) => Promise.resolve(location)],
])('%s', (_when, give) => {
  it.each<[string, unknown, string]>([
    ['a string', 'track1', 'locate must return an object with a key, got "track1"'],
    ['a list', ['track1'], 'locate must return an object with a key, got an array'],
    ['no key', {}, 'locate must return an object with a key'],
    ['a key that is a number', { key: 5 }, 'locate must return an object with a key'],
    ['true', true, 'locate must return an object with a key, got true'],
    ['a page', { key: 'track1', type: 'text/html' }, 'locate must return an audio type that is served'],
    [
      'a type of no kind',
      { key: 'track1', type: 5 },
      'locate must return an audio type that is served, got 5',
    ],
  ])('%s in place of a location is a 503', async (_what, location, cause) => {
    const refusals = eventsOf('refusal')
    const store = new StubStore({ track1: makeContent(SIZE) })
    store.locate = () => give(location) as TrackLocation
    await using server = await serve(store)
    expect((await server.get('track1')).status).toBe(503)
    expect(causesOf(refusals)[0]).toContain(cause)
    expect(store.calls).toHaveLength(0)
  })

  it('a location leads to the track', async () => {
    const content = makeContent(SIZE)
    const store = new StubStore({ 'a key/of any kind\0': content })
    store.locate = () => give({ key: 'a key/of any kind\0' }) as TrackLocation
    await using server = await serve(store)
    expect(sameBytes((await server.get('track1')).body, content)).toBe(true)
    expect((await server.get('track1', '5-9')).status).toBe(206)
    expect(store.opens).toHaveLength(1)
  })
})
