/** Storages that do not respond, or stop in the middle: how long anybody waits for them. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { SourceError, type SourceTrack, type TrackSource } from 'express-signed-stream'
import { connectTo } from '../../support/client'
import { eventsOf } from '../../support/events'
import { eventually } from '../../support/eventually'
import { connectionsOf } from '../../support/server'
import { makeContent, makeGate, StubStore } from '../../support/stub-store'
import { causesOf, getOf, KIB, MIB, sameBytes, serve } from './helpers'

const CONTENT = makeContent(MIB)
const NEVER = makeGate().passed

function track(timeouts: TrackSource['timeouts']): StubStore {
  const store = new StubStore({ track1: CONTENT })
  store.timeouts = timeouts
  return store
}

async function timed<Value>(promise: Promise<Value>): Promise<[Value, number]> {
  const start = performance.now()
  return [await promise, performance.now() - start]
}

it('gives up on an open that never responds after three attempts, the later ones twice as long', async () => {
  const [refusals, fetches] = [eventsOf('refusal'), eventsOf('fetch')]
  const store = track({ firstByte: 100 })
  store.beforeOpen = () => NEVER
  await using server = await serve(store)
  const [answer, took] = await timed(server.get('track1'))
  expect(answer.status).toBe(503)
  expect(took).toBeGreaterThan(490)
  expect(took).toBeLessThan(2000)
  expect(causesOf(refusals)).toEqual(['Error: The storage gave no track within 200 ms'])
  expect(fetches.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
    ['timed_out', 1],
    ['timed_out', 2],
    ['timed_out', 3],
  ])
  expect(store.opens.map(({ signal }) => signal.aborted)).toEqual([true, true, true])
  expect(store.live).toBe(0)
})

it('serves from the second attempt if only the first takes too long', async () => {
  const store = track({ firstByte: 100 })
  store.beforeOpen = () => (store.opens.length === 1 ? NEVER : undefined)
  await using server = await serve(store)
  expect((await server.get('track1', '0-9')).status).toBe(206)
  expect(store.opens).toHaveLength(2)
})

it('closes a track that comes after its time, from a source that does not care for its signal', async () => {
  const gate = makeGate()
  const rejections: unknown[] = []
  function note(reason: unknown): void {
    rejections.push(reason)
  }
  process.on('unhandledRejection', note)
  let opened = 0
  let closed = 0
  async function open(): Promise<SourceTrack> {
    const turn = opened++
    await gate.passed
    if (turn === 1) throw new Error('too late to matter')
    return {
      size: MIB,
      type: 'audio/mpeg',
      etag: '"1"',
      read: () => [],
      close: () => {
        closed++
        throw new Error('nor does this')
      },
    } as unknown as SourceTrack
  }
  await using server = await serve({ open, timeouts: { firstByte: 50 } })
  expect((await server.get('track1')).status).toBe(503)
  gate.open()
  await eventually(() => closed === 2, 'both tracks are closed')
  expect([opened, rejections]).toEqual([3, []])
  process.off('unhandledRejection', note)
})

it('gives up on the head after the total time, whatever is left of the attempts', async () => {
  const refusals = eventsOf('refusal')
  const store = track({ firstByte: 10_000, total: 200 })
  store.beforeOpen = () => NEVER
  await using server = await serve(store)
  const [answer, took] = await timed(server.get('track1'))
  expect([answer.status, took < 2000]).toEqual([503, true])
  expect(causesOf(refusals)).toEqual(['Error: The storage gave no track within 200 ms'])
  await eventually(() => store.live === 0, 'the open is aborted')
})

it('gives up on first bytes that never come', async () => {
  const refusals = eventsOf('refusal')
  const store = track({ firstByte: 50 })
  store.beforePiece = () => NEVER
  await using server = await serve(store)
  const [answer, took] = await timed(server.get('track1'))
  expect([answer.status, took < 2000]).toEqual([503, true])
  expect(causesOf(refusals)).toEqual(['Error: The storage gave no first bytes within 100 ms'])
  await eventually(() => store.live === 0, 'every read is aborted')
})

it('gives up on first bytes after the total time', async () => {
  const refusals = eventsOf('refusal')
  const store = track({ firstByte: 1000, total: 200 })
  store.beforePiece = () => NEVER
  await using server = await serve(store)
  const [answer, took] = await timed(server.get('track1'))
  expect([answer.status, took < 900]).toEqual([503, true])
  expect(causesOf(refusals)).toEqual(['Error: The storage gave no bytes in time'])
  await eventually(() => store.live === 0, 'the prefix is given up')
})

it('continues at the byte at which a body has stalled', async () => {
  const store = track({ idle: 100 })
  store.pieceBytes = 10_000
  let hasStalled = false
  store.beforePiece = (_call, position) => {
    if (position < 600_000 || hasStalled) return undefined
    hasStalled = true
    return NEVER
  }
  await using server = await serve(store)
  expect(sameBytes((await server.get('track1')).body, CONTENT)).toBe(true)
  expect(store.calls.filter(({ signal }) => signal.aborted)).toHaveLength(1)
})

it('ends a response whose body stalls three times', async () => {
  const completions = eventsOf('completion')
  const store = track({ idle: 50, firstByte: 50 })
  store.beforePiece = (_call, position) => (position < 600_000 ? undefined : NEVER)
  await using server = await serve(store)
  await expect(server.get('track1')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(completions).toMatchObject([{ outcome: 'read_error' }])
  expect(store.live).toBe(0)
})

it('does not take a slow body for a stalled one', async () => {
  const store = track({ idle: 200, firstByte: 200 })
  store.pieceBytes = 64 * KIB
  store.beforePiece = () => new Promise(resolve => setTimeout(resolve, 30))
  await using server = await serve(store)
  expect(sameBytes((await server.get('track1')).body, CONTENT)).toBe(true)
  expect(store.calls.every(({ signal }) => !signal.aborted)).toBe(true)
})

it('ends a slow body that nobody waits for', async () => {
  const store = track({ idle: 200, firstByte: 200 })
  store.pieceBytes = KIB
  store.beforePiece = () => new Promise(resolve => setTimeout(resolve, 20))
  await using server = await serve(store)
  const start = performance.now()
  expect((await server.get('track1', undefined, { method: 'HEAD' })).status).toBe(200)
  await eventually(() => store.live === 0, 'the prefix is aborted')
  expect(performance.now() - start).toBeLessThan(2000)
  // 256 pieces of 20 ms.
  expect(store.opens[0]?.signal.aborted).toBe(true)
})

describe('locate', () => {
  it('that never responds is a 503, and its signal aborts', async () => {
    let signal: AbortSignal | undefined
    const store = track({ total: 100 })
    store.locate = (_id, context) => {
      signal = context.signal
      return NEVER as never
    }
    await using server = await serve(store)
    expect((await server.get('track1')).status).toBe(503)
    expect(signal?.aborted).toBe(true)
    expect(store.calls).toHaveLength(0)
  })

  it('sees that the client has left, and nothing is opened then', async () => {
    let signal: AbortSignal | undefined
    const gate = makeGate()
    const store = track({})
    store.locate = async (id, context) => {
      signal = context.signal
      await gate.passed
      return { key: id }
    }
    await using server = await serve(store)
    const socket = connectTo(server.port, getOf('track1'))
    await eventually(() => signal !== undefined, 'the track is asked for')
    socket.destroy()
    await eventually(() => signal?.aborted, 'the signal has aborted')
    gate.open()
    await new Promise(setImmediate)
    expect(store.calls).toHaveLength(0)
  })

  it('takes its time from that of the head', async () => {
    const store = track({ total: 300, firstByte: 10_000 })
    store.locate = id => new Promise(resolve => setTimeout(resolve, 150, { key: id }))
    store.beforeOpen = () => NEVER
    await using server = await serve(store)
    const [answer, took] = await timed(server.get('track1'))
    expect([answer.status, took > 290, took < 2000]).toEqual([503, true, true])
  })
})

it('leaves nothing open when all clients have left, whatever they waited for', async () => {
  const store = track({ firstByte: 1000, idle: 1000 })
  let stage = 0
  store.beforeOpen = () => (stage === 0 ? NEVER : undefined)
  store.beforePiece = (_call, position) => (position < stage * 262_144 ? undefined : NEVER)
  await using server = await serve(store)
  for (stage = 0; stage < 3; stage++) {
    const { length } = store.calls
    const sockets = Array.from({ length: 20 }, () => connectTo(server.port, getOf('track1')))
    await Promise.all(sockets.map(socket => once(socket, 'connect')))
    if (stage < 2) await eventually(() => store.calls.length > length, 'the storage is asked')
    else await Promise.all(sockets.map(socket => once(socket, 'data')))
    for (const socket of sockets) socket.destroy()
    await eventually(async () => (await connectionsOf(server)) === 0, 'every client has left')
    await eventually(() => store.live === 0, `nothing is open in stage ${stage}`)
  }
})

it('keeps a client waiting for no more than its own time, if others came before it', async () => {
  const store = track({ firstByte: 150, total: 400 })
  store.beforeOpen = () => NEVER
  await using server = await serve(store)
  const first = server.get('track1')
  await eventually(() => store.opens.length === 2, 'there is a second attempt')
  const [answers, took] = await timed(Promise.all([first, server.get('track1')]))
  expect(answers.map(({ status }) => status)).toEqual([503, 503])
  expect(took).toBeLessThan(2000)
})

it.each([
  ['trustFor', { trustFor: NaN }, 'trustFor must be 0 or more milliseconds, got NaN'],
  ['trustFor', { trustFor: -1 }, 'trustFor must be 0 or more milliseconds, got -1'],
  ['timeouts.total', { timeouts: { total: Infinity } }, 'at most 2147483647 milliseconds, got Infinity'],
  ['timeouts.idle', { timeouts: { idle: 0 } }, 'timeouts.idle must be more than 0'],
  ['timeouts.firstByte', { timeouts: { firstByte: '2s' as never } }, 'milliseconds, got "2s"'],
])('refuses a source whose %s is wrong', async (_name, settings, message) => {
  await expect(serve({ open: () => undefined, ...settings })).rejects.toThrow(message)
})

it('refuses a client while the storage says that it is overloaded, without a second look', async () => {
  const store = track({})
  store.beforeOpen = () => {
    throw new SourceError('unavailable', { retryAfter: 30 })
  }
  await using server = await serve(store)
  const request = server.get('track1')
  const answer: Pick<IncomingMessage, 'headers'> = await request
  expect(answer.headers['retry-after']).toBe('30')
})
