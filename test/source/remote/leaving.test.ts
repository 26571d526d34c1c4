/** Clients that leave: what is aborted for them, what goes on for others, and that nothing of theirs is left. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRemoteSource } from '../../../src/source/remote/remote-source'
import { connectTo } from '../../support/client'
import { readAll } from '../../support/contract'
import { eventsOf } from '../../support/events'
import { eventually } from '../../support/eventually'
import { connectionsOf, type RunningServer } from '../../support/server'
import { makeContent, makeGate, StubStore } from '../../support/stub-store'
import { requestFor } from '../../support/track-request'
import { getOf, KIB, MIB, sameBytes, serve } from './helpers'

const CONTENT = makeContent(5 * MIB)
const BLOCK = 256 * KIB
const cancellation = new AbortController()

function track(): StubStore {
  return new StubStore({ track1: CONTENT })
}

/** Clients who have asked for the whole track, and have its first bytes if `hasBytes`. */
async function gather(server: RunningServer, count: number, hasBytes = true): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () => connectTo(server.port, getOf('track1')))
  await Promise.all(sockets.map(socket => once(socket, hasBytes ? 'data' : 'connect')))
  return sockets
}

async function leave(server: RunningServer, sockets: readonly Socket[], staying = 0): Promise<void> {
  for (const socket of sockets) socket.destroy()
  await eventually(async () => (await connectionsOf(server)) === staying, 'the clients have left')
}

describe('80 listeners of one track', () => {
  it.each([
    ['in the middle of a body', (store: StubStore) => store.reads.length > 0],
    ['while the track is being opened', (store: StubStore) => store.opens.length > 0],
  ])('leave at once %s, and one who stays is served', async (moment, hasCome) => {
    const store = track()
    const gate = makeGate()
    store.pieceBytes = 16 * KIB
    if (moment.startsWith('while')) store.beforeOpen = () => gate.passed
    else store.beforePiece = (_call, position) => (position < 300_000 ? undefined : gate.passed)
    await using server = await serve(store)
    const leaving = await gather(server, 80, !moment.startsWith('while'))
    const staying = server.get('track1')
    await eventually(async () => (await connectionsOf(server)) === 81 && hasCome(store), 'all are waiting')
    await leave(server, leaving, 1)
    gate.open()
    expect(sameBytes((await staying).body, CONTENT)).toBe(true)
    expect(store.calls.length).toBeLessThanOrEqual(8)
    expect(store.calls.every(({ signal }) => !signal.aborted)).toBe(true)
    expect(store.live).toBe(0)
  })

  it('leave at once, and nothing is left', async () => {
    const [reads, completions] = [eventsOf('read'), eventsOf('completion')]
    const store = track()
    store.beforePiece = (_call, position) => (position < 300_000 ? undefined : makeGate().passed)
    store.pieceBytes = 16 * KIB
    await using server = await serve(store)
    await leave(server, await gather(server, 80))
    await eventually(() => store.live === 0, 'every read has ended')
    await eventually(() => completions.length === 80, 'every response has ended')
    store.beforePiece = undefined
    expect(sameBytes((await server.get('track1')).body, CONTENT)).toBe(true)
    const bytes = reads.at(-1)?.cache?.usedBytes ?? Infinity
    expect(bytes).toBe(5 * MIB)
    expect(store.closed).toBe(0)
  })
})

it('leaves no read behind 500 seeks that were aborted, from a storage that is slow', async () => {
  const store = track()
  store.pieceBytes = 16 * KIB
  store.beforePiece = () => sleep(2)
  await using server = await serve(store, { cache: false })
  for (let round = 0; round < 5; round++) {
    const sockets = Array.from({ length: 100 }, (_, index) => {
      const range = `bytes=${((round * 100 + index) * 104_729) % (5 * MIB)}-`
      return connectTo(server.port, `${getOf('track1').trimEnd()}\r\nRange: ${range}\r\n\r\n`)
    })
    await Promise.all(sockets.map(socket => once(socket, round % 2 === 0 ? 'connect' : 'data')))
    await leave(server, sockets)
  }
  await eventually(() => store.live === 0, 'every read has ended')
  store.beforePiece = undefined
  expect(sameBytes((await server.get('track1')).body, CONTENT)).toBe(true)
})

describe('a read that the last client leaves', () => {
  /** A client who waits for the bytes from `first` to `last`, of which the storage gives those before `until`. */
  async function readUntil(
    store: StubStore,
    first: number,
    last: number,
    until: number,
  ): Promise<{ readonly leave: () => void; readonly go: () => void }> {
    const gate = makeGate()
    store.pieceBytes = 16 * KIB
    const source = createRemoteSource(store, { cacheBytes: 64 * MIB })
    const opened = await source.open(requestFor('track1'), cancellation)
    store.beforePiece = (_call, position) => (position < until ? undefined : gate.passed)
    const reader = opened?.read({ first, last }, cancellation)
    const next = Promise.resolve(reader?.next(false))
    await eventually(() => store.reads[0]?.given === until - first, 'the read waits')
    return {
      leave() {
        reader?.close()
        opened?.close()
        next.catch(() => undefined)
      },
      go: gate.open,
    }
  }

  it('is aborted if more than a block is missing', async () => {
    const store = track()
    const { leave } = await readUntil(store, MIB, 2 * MIB, MIB + 2 * BLOCK - BLOCK - 16 * KIB)
    leave()
    expect(store.reads[0]?.signal.aborted).toBe(true)
    expect(store.live).toBe(0)
  })

  it('goes on to its end if a block is missing, or less', async () => {
    const store = track()
    const { leave, go } = await readUntil(store, MIB, 2 * MIB, MIB + BLOCK)
    leave()
    expect(store.reads[0]?.signal.aborted).toBe(false)
    go()
    await eventually(() => store.live === 0, 'the read has ended')
    expect(store.reads[0]?.given).toBe(2 * BLOCK)
  })

  it('is begun again for a client who comes when it was aborted', async () => {
    const store = track()
    const { leave, go } = await readUntil(store, MIB, 2 * MIB, MIB + 16 * KIB)
    leave()
    go()
    const source = createRemoteSource(store, { cacheBytes: 64 * MIB })
    const opened = await source.open(requestFor('track1'), cancellation)
    const bytes = opened && (await readAll(opened.read({ first: MIB, last: 2 * MIB }, cancellation)))
    expect(bytes && sameBytes(bytes, CONTENT.subarray(MIB, 2 * MIB + 1))).toBe(true)
    opened?.close()
  })

  it('keeps the whole blocks that have arrived, and no room for the others', async () => {
    const events = eventsOf('read')
    const store = track()
    store.pieceBytes = 16 * KIB
    const source = createRemoteSource(store, { cacheBytes: 64 * MIB })
    const opened = await source.open(requestFor('track1'), cancellation)
    // The prefix, then four blocks, of which two come and a part of the next.
    const end = 3 * BLOCK + 50_000
    store.beforePiece = (_call, position) => (position < end ? undefined : makeGate().passed)
    const reader = opened?.read({ first: 0, last: 5 * MIB - 1 }, cancellation)
    for (let received = 0; received < 3 * BLOCK;) received += (await reader?.next(true))?.length ?? 0
    await eventually(() => store.reads[0]?.given === 2 * BLOCK + 64 * KIB, 'the read waits')
    reader?.close()
    expect(store.reads.map(({ signal }) => signal.aborted)).toEqual([true])
    await new Promise(setImmediate)
    const again = opened && (await readAll(opened.read({ first: 0, last: 3 * BLOCK - 1 }, cancellation)))
    expect(again && sameBytes(again, CONTENT.subarray(0, 3 * BLOCK))).toBe(true)
    expect(store.reads).toHaveLength(1)
    expect(events.at(-1)?.cache?.usedBytes).toBe(3 * BLOCK)
    opened?.close()
  })

  it('is never made if it still waited for its turn', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `track${index}`)
    const store = new StubStore(Object.fromEntries(names.map(name => [name, CONTENT])))
    store.givesPrefix = false
    const source = createRemoteSource(store, { cacheBytes: 64 * MIB })
    const gate = makeGate()
    store.beforePiece = () => gate.passed
    const tracks = await Promise.all(
      names.map(async name => source.open(requestFor(name), new AbortController())),
    )
    const clients = tracks.map(opened => {
      const reader = opened?.read({ first: 0, last: MIB - 1 }, cancellation)
      return { opened, reader, next: Promise.resolve(reader?.next(false)) }
    })
    // Each has taken 512 KiB of a budget that holds 128 of them: the number of reads is what is used up.
    expect(store.reads).toHaveLength(32)
    for (const { opened, reader, next } of clients.slice(32)) {
      reader?.close()
      opened?.close()
      await next
    }
    gate.open()
    for (const { opened, reader, next } of clients.slice(0, 32)) {
      expect(await next).toHaveLength(64 * KIB)
      reader?.close()
      opened?.close()
    }
    await eventually(() => store.live === 0, 'every read has ended')
    expect(store.reads).toHaveLength(32)
  })
})

describe('a track that wants to be closed', () => {
  const names = Array.from({ length: 300 }, (_, index) => `track${index}`)

  it('is closed once it is not among the last 250, and never during a read', async () => {
    const store = new StubStore(Object.fromEntries(names.map(name => [name, CONTENT.subarray(0, 100)])))
    await using server = await serve(store)
    for (const name of names) await server.get(name)
    expect([store.closed, store.closedWhileLive]).toEqual([50, 0])
    await server.get('track0')
    expect(store.closed).toBe(51)
    expect(store.opens).toHaveLength(301)
  })

  it('stays open for the response that reads it', async () => {
    const store = new StubStore(Object.fromEntries(names.map(name => [name, CONTENT.subarray(0, MIB)])))
    const gate = makeGate()
    store.beforePiece = ({ key }, position) =>
      key === 'track0' && position > 300_000 ? gate.passed : undefined
    await using server = await serve(store)
    const slow = server.get('track0')
    await eventually(() => store.reads.length > 0, 'the slow response has begun')
    for (const name of names.slice(1)) await server.get(name, '0-9')
    expect(store.closed).toBe(49)
    gate.open()
    expect(sameBytes((await slow).body, CONTENT.subarray(0, MIB))).toBe(true)
    await eventually(() => store.closed === 50, 'the track is closed')
    expect(store.closedWhileLive).toBe(0)
  })

  it('is not read any more, and not closed a second time, if reading continues after it was closed', async () => {
    const store = track()
    store.trustFor = 0
    const source = createRemoteSource(store, { cacheBytes: 64 * MIB })
    const opened = await source.open(requestFor('track1'), cancellation)
    const reader = opened?.read({ first: 0, last: 2 * MIB }, cancellation)
    await reader?.next(false)
    opened?.close()
    store.remove('track1')
    expect(await source.open(requestFor('track1'), cancellation)).toBeUndefined()
    await eventually(() => store.closed === 1, 'the version is closed')
    await expect((async () => reader && readAll(reader))()).rejects.toMatchObject({ kind: 'read_error' })
    reader?.close()
    expect([store.closed, store.live]).toEqual([1, 0])
  })
})
