/** Many clients, many tracks, little memory: everybody is served, and no memory is used beyond the budget. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectTo } from '../../support/client'
import { eventsOf, subscribeTo } from '../../support/events'
import { eventually } from '../../support/eventually'
import { makeContent, makeGate, StubStore } from '../../support/stub-store'
import type { StreamReadEvent } from 'express-signed-stream'
import { getOf, KIB, MIB, sameBytes, serve } from './helpers'

const BUDGET = 8 * MIB
const CONTENT = makeContent(2 * MIB)

function storeOf(
  count: number,
  content = CONTENT,
): { readonly store: StubStore; readonly names: readonly string[] } {
  const names = Array.from({ length: count }, (_, index) => `track${index}`)
  return { store: new StubStore(Object.fromEntries(names.map(name => [name, content]))), names }
}

it('makes at most 32 calls at a time', async () => {
  const { store, names } = storeOf(100)
  const gate = makeGate()
  store.beforeOpen = () => gate.passed
  await using server = await serve(store)
  const requests = names.map(name => server.get(name, '0-99'))
  await eventually(() => store.live === 32, 'as many calls as may be are made')
  await new Promise(setImmediate)
  expect(store.calls).toHaveLength(32)
  gate.open()
  const answers = await Promise.all(requests)
  expect(answers.every(({ body }) => sameBytes(body, CONTENT.subarray(0, 100)))).toBe(true)
  expect(store.mostLive).toBe(32)
})

it.each([
  ['pieces of 64 KiB', 64 * KIB],
  ['one piece for each read', 4 * MIB],
])(
  'serves 100 whole tracks at a time with a budget of 8 MiB, from a source that gives %s',
  async (_what, bytes) => {
    let most = 0
    subscribeTo('read', event => {
      most = Math.max(most, (event as StreamReadEvent).cache?.usedBytes ?? 0)
    })
    const { store, names } = storeOf(100)
    store.pieceBytes = bytes
    // As a storage that is elsewhere.
    store.beforePiece = () => sleep(1)
    await using server = await serve(store, { cache: { maxBytes: BUDGET } })
    const answers = await Promise.all(names.map(name => server.get(name)))
    expect(answers.every(({ body }) => sameBytes(body, CONTENT))).toBe(true)
    expect(most).toBeLessThanOrEqual(BUDGET)
    expect(store.live).toBe(0)
    // What is read twice, because its room was needed, is a small part.
    const given = store.calls.reduce((sum, call) => sum + call.given, 0)
    expect(given).toBeLessThan(1.5 * names.length * CONTENT.length)
  },
)

it('serves with at least 8 MiB, also if nothing is to be kept', async () => {
  const reads = eventsOf('read')
  const { store } = storeOf(1)
  await using server = await serve(store, { cache: false })
  expect(sameBytes((await server.get('track0')).body, CONTENT)).toBe(true)
  expect(reads.at(-1)?.cache?.usedBytes).toBe(2 * MIB)
})

it('leaves room for others if clients of 40 tracks take nothing', async () => {
  const [reads, completions] = [eventsOf('read'), eventsOf('completion')]
  // More than the kernel keeps for both ends of a connection.
  const { store, names } = storeOf(41, makeContent(12 * MIB))
  store.put('track40', CONTENT)
  await using server = await serve(store, { cache: { maxBytes: BUDGET } })
  const stalled = names.slice(0, 40).map(name => {
    const socket = connectTo(server.port, getOf(name))
    socket.pause()
    return socket
  })
  await Promise.all(stalled.map(socket => once(socket, 'connect')))
  let calls = 0
  await eventually(async () => {
    const before = calls
    calls = store.calls.length
    await sleep(100)
    return calls > 40 && calls === before && store.live === 0
  }, 'all are stalled')
  const start = performance.now()
  const answer = await server.get('track40')
  expect(sameBytes(answer.body, CONTENT)).toBe(true)
  expect(performance.now() - start).toBeLessThan(2000)
  expect(completions).toHaveLength(1)
  expect(reads.at(-1)?.cache?.usedBytes).toBeLessThanOrEqual(BUDGET)
  for (const socket of stalled) socket.destroy()
})
