/** What clients of a router get from a store, and what that costs the store. */
import { createStreamHandler } from 'express-signed-stream'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ask, connectTo, rawGet } from '../../support/client'
import { eventually } from '../../support/eventually'
import { startFakeStore, type FakeStore, type Fault } from '../../support/fake-store'
import { pathFor, SECRET } from '../../support/tracks'
import { contentOf } from './ranged'
import { SOURCES } from './ranged-faces'

const MIB = 1024 * 1024
const bytes = contentOf(5 * MIB)
const others = contentOf(5 * MIB, 2)

describe.each(SOURCES)('a router over %s', (_name, makeSource) => {
  let store: FakeStore
  let server: Server
  let port: number

  beforeEach(async () => {
    store = await startFakeStore()
    store.put('song.mp3', bytes)
    const options = { source: makeSource(store), secret: SECRET, path: '/stream' }
    server = createServer(createStreamHandler(options)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  afterEach(async () => {
    const closed = once(server.close(), 'close')
    server.closeAllConnections()
    await closed
    await store[Symbol.asyncDispose]()
  })

  it('plays 5 MiB by at most 8 GETs and without HEAD, then from memory', async () => {
    const first = await ask(port, pathFor('song'))
    expect([first.status, first.body.equals(bytes)]).toEqual([200, true])
    expect(store.count('GET')).toBeLessThanOrEqual(8)
    expect(store.count('HEAD')).toBe(0)
    const gets = store.count()
    expect((await ask(port, pathFor('song'))).body.equals(bytes)).toBe(true)
    expect(store.count()).toBe(gets)
  })

  it.each([2, 100])('asks once for 20 requests of the same %d bytes', async length => {
    const headers = { Range: `bytes=3000000-${3000000 + length - 1}` }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(port, pathFor('song'), { headers })),
    )
    for (const { status, body } of answers) {
      expect([status, body.equals(bytes.subarray(3000000, 3000000 + length))]).toEqual([206, true])
    }
    expect(store.count()).toBe(1)
  })

  it.each<[string, (Fault | undefined)[]]>([
    ['the first response is 503', [{ status: 503, code: 'SlowDown', headers: { 'retry-after': '0' } }]],
    ['the first connection is reset', [{ isReset: true }]],
    ['the first body breaks off', [{ cutAfter: 1000 }]],
    ['a later body breaks off', [undefined, { cutAfter: 100000 }]],
    ['a later body ends early', [undefined, { missing: 5 }]],
    ['a later response is 503', [undefined, { status: 503, code: 'SlowDown' }]],
  ])('plays on if %s', async (_what, faults) => {
    store.faults.push(...faults)
    const { status, body } = await ask(port, pathFor('song'))
    expect([status, body.equals(bytes)]).toEqual([200, true])
  })

  it.each<[string, Fault, number]>([
    ['there is no object', { status: 404, code: 'NoSuchKey' }, 404],
    ['access is denied', { status: 403, code: 'AccessDenied' }, 503],
    ['the store ignores ranges', { ignoresRange: true }, 503],
    ['the store has no entity tags', { headers: { etag: 'W/"1"' } }, 503],
  ])('responds with a status if %s, and without a word of the store', async (_what, fault, expected) => {
    store.everyFault = fault
    const { status, body } = await ask(port, pathFor('song'))
    expect(status).toBe(expected)
    expect(body.toString()).not.toContain('store')
    if (expected === 404) expect(store.count()).toBe(1)
    await eventually(() => store.busySockets() === 0, 'no response of the store is in progress')
  })

  it('serves an empty object', async () => {
    store.put('empty.mp3', Buffer.alloc(0))
    const { status, headers } = await ask(port, pathFor('empty'), { headers: { Range: 'bytes=0-' } })
    expect([status, headers['content-length']]).toEqual([200, '0'])
  })

  it.each([false, true])(
    'never mixes versions (a store that ignores conditions: %p)',
    async ignoresConditions => {
      store.everyFault = { ignoresConditions }
      store.faults.push(undefined, { before: () => store.put('song.mp3', others), ignoresConditions })
      await expect(ask(port, pathFor('song'))).rejects.toThrow('aborted')
      expect((await ask(port, pathFor('song'))).body.equals(others)).toBe(true)
    },
  )

  it('leaves no connection to the store busy after 100 seeks that were aborted', async () => {
    store.everyFault = { stallAfter: 100 }
    const sockets = Array.from({ length: 100 }, (_, index) =>
      connectTo(port, rawGet(pathFor('song'), `Range: bytes=${index * 50000}-`)),
    )
    await eventually(() => store.requests.length > 0, 'the store has a request')
    for (const socket of sockets) socket.destroy()
    await eventually(() => store.busySockets() === 0, 'no response of the store is in progress')
  })
})
