/** What `open` of a source may bring besides, whatever was wanted. */
import { Buffer } from 'node:buffer'
import { createReadStream } from 'node:fs'
import type { SourceTrack } from 'express-signed-stream'
import { eventsOf } from '../../support/events'
import { eventually } from '../../support/eventually'
import { makeContent, StubStore } from '../../support/stub-store'
import { makeTrackDirectory } from '../../support/tracks'
import { KIB, MIB, sameBytes, serve } from './helpers'

const CONTENT = makeContent(2 * MIB)
const BLOCK = 256 * KIB

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < bytes.length; position += 50_000) {
    await Promise.resolve()
    yield bytes.subarray(position, position + 50_000)
  }
}

function prefix(first: number, last: number, bytes: unknown): unknown {
  return { first, last, bytes }
}

function storeWith(given: unknown): StubStore {
  const store = new StubStore({ track1: CONTENT })
  store.givesPrefix = false
  store.change = track => ({ ...track, prefix: given }) as SourceTrack
  return store
}

it.each<[string, unknown, number]>([
  ['all that was wanted, as a Uint8Array', prefix(0, BLOCK - 1, CONTENT.subarray(0, BLOCK)), 0],
  ['all that was wanted, in pieces', prefix(0, BLOCK - 1, inPieces(CONTENT.subarray(0, BLOCK))), 0],
  ['more than was wanted, as a Uint8Array', prefix(0, 2 * MIB - 1, CONTENT), 0],
  ['more than was wanted, in pieces', prefix(0, 2 * MIB - 1, inPieces(CONTENT)), 1],
  ['more than it says', prefix(0, BLOCK - 1, CONTENT), 0],
  ['less than it says', prefix(0, BLOCK - 1, CONTENT.subarray(0, 1000)), 1],
  ['empty', prefix(0, BLOCK - 1, Buffer.of()), 1],
  ['less than a block', prefix(0, 999, CONTENT.subarray(0, 1000)), 1],
  ['bytes that begin at no block', prefix(1000, BLOCK + 999, CONTENT.subarray(1000, BLOCK + 1000)), 1],
  ['bytes of another block', prefix(BLOCK, 2 * BLOCK - 1, CONTENT.subarray(BLOCK, 2 * BLOCK)), 1],
  ['bytes outside the track', prefix(2 * MIB, 2 * MIB + 9, Buffer.alloc(10)), 1],
  ['bytes before the track', prefix(-10, -1, Buffer.alloc(10)), 1],
  ['bytes in the wrong order', prefix(10, 5, Buffer.alloc(10)), 1],
  ['nothing, as undefined', undefined, 1],
  ['nothing, as null', null, 1],
  ['nothing that it says', prefix(0, BLOCK - 1, undefined), 1],
  ['a string', prefix(0, BLOCK - 1, CONTENT.toString('latin1', 0, BLOCK)), 1],
  ['a promise that rejects', () => prefix(0, BLOCK - 1, Promise.reject(new Error('a mistake'))), 1],
  ['positions that are no numbers', prefix('0' as never, {} as never, CONTENT), 1],
  ['a number', 5, 1],
])('serves the right bytes if the prefix is %s', async (_what, given, reads) => {
  const store = storeWith(typeof given === 'function' ? (given as () => unknown)() : given)
  await using server = await serve(store)
  const answer = await server.get('track1', '0-9999')
  expect([answer.status, sameBytes(answer.body, CONTENT.subarray(0, 10_000))]).toEqual([206, true])
  expect(store.opens).toHaveLength(1)
  expect(store.reads).toHaveLength(reads)
  expect(sameBytes((await server.get('track1')).body, CONTENT)).toBe(true)
  await eventually(() => store.live === 0, 'nothing is open')
})

it('keeps whole blocks of a prefix that begins between two of them', async () => {
  const first = 2 * BLOCK - 1000
  const store = storeWith(prefix(first, 3 * BLOCK - 1, CONTENT.subarray(first, 3 * BLOCK)))
  await using server = await serve(store)
  const answer = await server.get('track1', `${2 * BLOCK}-${3 * BLOCK}`)
  expect(sameBytes(answer.body, CONTENT.subarray(2 * BLOCK, 3 * BLOCK + 1))).toBe(true)
  expect(store.reads.map(call => [call.first, call.last])).toEqual([[3 * BLOCK, 4 * BLOCK - 1]])
})

it('keeps a last block that is short', async () => {
  const content = CONTENT.subarray(0, 2 * BLOCK + 10)
  const store = new StubStore({ track1: content })
  await using server = await serve(store)
  expect(sameBytes((await server.get('track1', '-5')).body, content.subarray(-5))).toBe(true)
  expect(store.calls).toHaveLength(1)
})

it('does not keep the end of a last block, as nobody could find it', async () => {
  const reads = eventsOf('read')
  const content = CONTENT.subarray(0, BLOCK + 1000)
  const store = new StubStore({ track1: content })
  store.givesPrefix = false
  store.change = track => ({
    ...track,
    prefix: { first: BLOCK + 500, last: BLOCK + 999, bytes: content.subarray(-500) },
  })
  await using server = await serve(store)
  expect(sameBytes((await server.get('track1', '-5')).body, content.subarray(-5))).toBe(true)
  expect(store.reads.map(({ first, last }) => [first, last])).toEqual([[BLOCK, BLOCK + 999]])
  expect(reads.at(-1)?.cache?.usedBytes).toBe(1000)
})

it('aborts a prefix that it does not need', async () => {
  const store = new StubStore({ track1: CONTENT })
  store.change = track => ({ ...track, prefix: { first: 0, last: 2 * MIB - 1, bytes: inPieces(CONTENT) } })
  await using server = await serve(store)
  await server.get('track1', '0-9')
  expect(store.opens[0]?.signal.aborted).toBe(true)
})

it.each<[string, (store: StubStore) => void]>([
  ['is not worth keeping', store => (store.trustFor = 10_000)],
  ['comes with a track that has not changed', store => (store.trustFor = 0)],
])('lets no stream end the process that %s', async (_what, set) => {
  const tracks = makeTrackDirectory()
  const file = tracks.write('track1.mp3', CONTENT)
  const errors: unknown[] = []
  const store = new StubStore({ track1: CONTENT })
  store.givesPrefix = false
  store.knowsKnown = false
  set(store)
  let isWhole = store.trustFor === 0
  store.change = track => {
    const end = isWhole ? BLOCK - 1 : 999
    const bytes = createReadStream(file, { end })
    store.opens.at(-1)?.signal.addEventListener('abort', () => bytes.destroy(new Error('aborted')))
    bytes.prependListener('close', () => errors.push(bytes.errored?.message))
    isWhole = false
    return { ...track, prefix: { first: 0, last: end, bytes } }
  }
  await using server = await serve(store)
  for (let turn = 0; turn < 2; turn++) expect((await server.get('track1', '0-9')).status).toBe(206)
  await eventually(() => errors.length === store.opens.length, 'each stream is closed')
  expect(errors).toContain('aborted')
  tracks.remove()
})
