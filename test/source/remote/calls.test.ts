/** How many calls of a source the requests of clients cost. */
import { eventsOf } from '../../support/events'
import { eventually } from '../../support/eventually'
import { makeContent, makeGate, StubStore } from '../../support/stub-store'
import { KIB, MIB, sameBytes, serve } from './helpers'

const CONTENT = makeContent(5 * MIB)

function track(content = CONTENT): StubStore {
  return new StubStore({ track1: content })
}

it('plays 5 MiB with at most 8 calls, and once more with none', async () => {
  const store = track()
  await using server = await serve(store)
  const answer = await server.get('track1')
  expect(answer.status).toBe(200)
  expect(sameBytes(answer.body, CONTENT)).toBe(true)
  expect(store.opens).toHaveLength(1)
  expect(store.calls.length).toBeLessThanOrEqual(8)
  const { length } = store.calls
  expect(sameBytes((await server.get('track1')).body, CONTENT)).toBe(true)
  expect(
    sameBytes((await server.get('track1', '1000000-3000000')).body, CONTENT.subarray(1e6, 3e6 + 1)),
  ).toBe(true)
  expect(store.calls).toHaveLength(length)
  expect(store.calls.reduce((sum, { given }) => sum + given, 0)).toBe(5 * MIB)
  expect(store.live).toBe(0)
})

it('reports what clients got from memory, and what each call brought', async () => {
  const [reads, fetches] = [eventsOf('read'), eventsOf('fetch')]
  const store = track(CONTENT.subarray(0, 300_000))
  await using server = await serve(store)
  await server.get('track1')
  expect(reads.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(300_000)
  const before = reads.length
  await server.get('track1')
  expect(reads.slice(before).map(({ origin, bytes }) => [origin, bytes])).toEqual([
    ['memory', 262_144],
    ['memory', 37_856],
  ])
  expect(fetches).toMatchObject([
    { operation: 'open', outcome: 'complete', attempt: 1, bytes: 262_144, cause: undefined },
    { operation: 'read', outcome: 'complete', attempt: 1, bytes: 37_856, cause: undefined },
  ])
  // The content, and nothing else: no read holds memory that it does not use.
  expect(reads[0]?.cache?.usedBytes).toBe(300_000)
})

it.each([
  ['HEAD', 200, { method: 'HEAD' }],
  ['304', 304, { headers: { 'If-None-Match': '"v1"' } }],
  ['412', 412, { headers: { 'If-Match': '"other"' } }],
  ['416', 416, { headers: { Range: 'bytes=5242880-' } }],
])('leaves nothing open after a response without a body: %s', async (_what, status, question) => {
  const store = track()
  await using server = await serve(store)
  for (let turn = 0; turn < 2; turn++) {
    const answer = await server.get('track1', undefined, question)
    expect([answer.status, answer.body.length]).toEqual([status, status < 400 ? 0 : answer.body.length])
  }
  await eventually(() => store.live === 0, 'no body is read')
  expect(store.opens).toHaveLength(1)
  expect(store.reads).toHaveLength(0)
})

it('serves an empty track', async () => {
  const store = track(makeContent(0))
  await using server = await serve(store)
  const answer = await server.get('track1')
  expect([answer.status, answer.body.length]).toEqual([200, 0])
  expect((await server.get('track1', '0-')).status).toBe(200)
  expect(store.calls).toHaveLength(1)
})

describe('20 simultaneous requests', () => {
  it.each([2, 100])('for %d bytes of one cold block: one call, which none of them aborts', async bytes => {
    const store = track()
    const gate = makeGate()
    // The first piece comes, and then the body waits: whoever needs the first piece only is served and gone.
    store.beforePiece = (_call, position) => (position === 0 ? undefined : gate.passed)
    await using server = await serve(store)
    const early = Array.from({ length: 19 }, (_, index) =>
      server.get('track1', `${index}-${index + bytes - 1}`),
    )
    const late = server.get('track1', `200000-${200_000 + bytes - 1}`)
    for (const [index, answer] of (await Promise.all(early)).entries()) {
      expect(sameBytes(answer.body, CONTENT.subarray(index, index + bytes))).toBe(true)
    }
    gate.open()
    expect(sameBytes((await late).body, CONTENT.subarray(200_000, 200_000 + bytes))).toBe(true)
    expect(store.calls.map(({ signal }) => signal.aborted)).toEqual([false])
  })

  it.each([2, 100])('for %d bytes of one cold block of a known track: one call', async bytes => {
    const store = track()
    await using server = await serve(store)
    await server.get('track1', '0-1')
    await eventually(() => store.live === 0, 'the first block is read')
    const first = 3 * MIB
    const requests = Array.from({ length: 20 }, (_, index) => {
      const start = first + index * 13_000
      return server.get('track1', `${start}-${start + bytes - 1}`)
    })
    for (const [index, answer] of (await Promise.all(requests)).entries()) {
      const start = first + index * 13_000
      expect(sameBytes(answer.body, CONTENT.subarray(start, start + bytes))).toBe(true)
    }
    expect(store.reads.map(call => [call.first, call.last, call.signal.aborted])).toEqual([
      [first, first + 256 * KIB - 1, false],
    ])
  })

  it('for the whole track: as many calls as one of them', async () => {
    const store = track()
    await using server = await serve(store)
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.get('track1')))
    expect(answers.every(({ body }) => sameBytes(body, CONTENT))).toBe(true)
    expect(store.calls.length).toBeLessThanOrEqual(8)
  })
})

describe('a seek', () => {
  it('in a known track: one read, from the block of its first byte', async () => {
    const store = track()
    await using server = await serve(store)
    await server.get('track1', '0-1')
    const answer = await server.get('track1', '1500000-1500099')
    expect(sameBytes(answer.body, CONTENT.subarray(1_500_000, 1_500_100))).toBe(true)
    expect(store.reads.map(({ first, last }) => [first, last])).toEqual([[5 * 256 * KIB, 6 * 256 * KIB - 1]])
  })

  it('across two blocks of a known track: one read', async () => {
    const store = track()
    await using server = await serve(store)
    await server.get('track1', '0-1')
    const answer = await server.get('track1', '1048570-1048580')
    expect(sameBytes(answer.body, CONTENT.subarray(1_048_570, 1_048_581))).toBe(true)
    expect(store.reads.map(({ first, last }) => [first, last])).toEqual([[768 * KIB, 1280 * KIB - 1]])
  })

  it.each<[string, number, number, number]>([
    ['1500000-1500099', 1_500_000, 1_500_100, 1],
    ['1500000-', 1_500_000, 5 * MIB, 8],
    ['-1', 5 * MIB - 1, 5 * MIB, 1],
    [`-${256 * KIB}`, 5 * MIB - 256 * KIB, 5 * MIB, 1],
    [`-${512 * KIB}`, 5 * MIB - 512 * KIB, 5 * MIB, 2],
  ])('in a cold track, bytes=%s: at most as many calls as it needs', async (range, first, end, calls) => {
    const store = track()
    await using server = await serve(store)
    const answer = await server.get('track1', range)
    expect([answer.status, sameBytes(answer.body, CONTENT.subarray(first, end))]).toEqual([206, true])
    expect(store.calls.length).toBeLessThanOrEqual(calls)
  })

  it('to the end of a cold track whose size is no multiple of a block: one call', async () => {
    const content = CONTENT.subarray(0, 1_700_001)
    const store = track(content)
    await using server = await serve(store)
    for (const bytes of [1, 100_000, 256 * KIB]) {
      const answer = await server.get('track1', `-${bytes}`)
      expect(sameBytes(answer.body, content.subarray(-bytes))).toBe(true)
    }
    expect(store.calls).toHaveLength(1)
  })

  it('beyond the end of a cold track: 416 with its size, and one call', async () => {
    const store = track()
    await using server = await serve(store)
    const answer = await server.get('track1', '999999999-')
    expect([answer.status, answer.headers['content-range']]).toEqual([416, 'bytes */5242880'])
    expect(store.calls).toHaveLength(1)
    await eventually(() => store.live === 0, 'no body is read')
  })

  it('of several ranges: each part exactly', async () => {
    const store = track()
    await using server = await serve(store)
    const answer = await server.get('track1', '0-99,2000000-2000099,-100')
    expect(answer.status).toBe(206)
    for (const part of [CONTENT.subarray(0, 100), CONTENT.subarray(2e6, 2e6 + 100), CONTENT.subarray(-100)]) {
      expect(answer.body.includes(part)).toBe(true)
    }
    expect(store.calls).toHaveLength(3)
  })
})
