/** Sources that return what they should not: a refusal and a line in the log, and nothing worse. */
import { Buffer } from 'node:buffer'
import { SourceError, type SourceTrack, type TrackSource } from 'express-signed-stream'
import { eventsOf } from '../../support/events'
import { eventually } from '../../support/eventually'
import { makeContent, StubStore } from '../../support/stub-store'
import { causesOf, KIB, MIB, sameBytes, serve } from './helpers'

const CONTENT = makeContent(MIB)

const rejections: unknown[] = []
function note(reason: unknown): void {
  rejections.push(reason)
}
beforeAll(() => process.on('unhandledRejection', note))
afterAll(() => process.off('unhandledRejection', note))
afterEach(async () => {
  await new Promise(setImmediate)
  expect(rejections.splice(0)).toEqual([])
})

/** What `read` returns for a range. */
type Read = (first: number, last: number, signal: AbortSignal) => unknown

/** A source of one known track, whose reads do what the test says. */
function sourceOf(read: Read, timeouts: TrackSource['timeouts'] = {}): TrackSource {
  return {
    timeouts,
    open: () => ({
      size: CONTENT.length,
      type: 'audio/mpeg',
      etag: '"1"',
      read: ({ first, last }, { signal }) => read(first, last, signal) as AsyncIterable<Uint8Array>,
    }),
  }
}

function* piecesOf(first: number, last: number, bytes: number): Generator<Buffer> {
  for (let position = first; position <= last; position += bytes) {
    yield CONTENT.subarray(position, Math.min(position + bytes, last + 1))
  }
}

describe('a track that is described wrongly is a 503, and is closed:', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['a weak tag', { etag: 'W/"1"' }, 'A track must have a strong entity tag, got "W/\\"1\\""'],
    ['no tag', { etag: undefined }, 'A track must have a strong entity tag, got undefined'],
    ['a tag without quotes', { etag: '1' }, 'A track must have a strong entity tag, got "1"'],
    ['a tag with a line end', { etag: '"1\r\nX: 1"' }, 'A track must have a strong entity tag'],
    ['a tag that ends with one', { etag: '"1"\n' }, 'A track must have a strong entity tag'],
    ['a size of NaN', { size: NaN }, 'A track must have a size in bytes, got NaN'],
    ['a size of -1', { size: -1 }, 'A track must have a size in bytes, got -1'],
    ['a size of 2^60', { size: 2 ** 60 }, 'A track must have a size in bytes, got 1152921504606847000'],
    ['a size of 1.5', { size: 1.5 }, 'A track must have a size in bytes, got 1.5'],
    ['a size as a string', { size: '5' }, 'A track must have a size in bytes, got "5"'],
    ['no read', { read: undefined }, 'A track must have a method read, got undefined'],
    ['a page in place of audio', { type: 'text/html' }, 'A track must have an audio type that is served'],
    ['no type', { type: undefined }, 'A track must have an audio type that is served, got undefined'],
    ['a date as a string', { lastModified: '2026-01-02' }, 'a valid Date as lastModified, or none'],
    ['an invalid date', { lastModified: new Date(NaN) }, 'a valid Date as lastModified, or none'],
    ['a date after the year 9999', { lastModified: new Date(8.64e15) }, 'a valid Date as lastModified'],
  ])('%s', async (_what, wrong, cause) => {
    const refusals = eventsOf('refusal')
    const store = new StubStore({ track1: CONTENT })
    store.change = track => ({ ...track, ...wrong })
    await using server = await serve(store)
    const answer = await server.get('track1')
    expect([answer.status, answer.body.toString()]).toEqual([503, 'Service indisponible'])
    expect(causesOf(refusals)[0]).toContain(cause)
    // To ask again would bring the same.
    expect(store.opens).toHaveLength(1)
    expect(store.opens[0]?.signal.aborted).toBe(true)
    expect([store.closed, store.live]).toEqual([1, 0])
  })

  it.each([5, 'track', [], true])('%j in place of a track', async answer => {
    const refusals = eventsOf('refusal')
    await using server = await serve({ open: () => answer as unknown as SourceTrack })
    expect((await server.get('track1')).status).toBe(503)
    expect(causesOf(refusals)[0]).toContain('open must return a track or undefined')
  })

  it.each([
    ['null', null, undefined],
    ['undefined', undefined, undefined],
    ['a date', new Date('2026-01-02T03:04:05.678Z'), 'Fri, 02 Jan 2026 03:04:05 GMT'],
  ])('but not for a lastModified of %s', async (_what, lastModified, field) => {
    const store = new StubStore({ track1: CONTENT })
    store.change = track => ({ ...track, lastModified }) as SourceTrack
    await using server = await serve(store)
    const answer = await server.get('track1', '0-9')
    expect([answer.status, answer.headers['last-modified']]).toEqual([206, field])
  })

  it('is not served in place of the version that is known: it may be the page of a login', async () => {
    const store = new StubStore({ track1: CONTENT })
    store.trustFor = 0
    await using server = await serve(store)
    expect((await server.get('track1', '0-9')).status).toBe(206)
    store.put('track1', CONTENT)
    store.change = track => ({ ...track, type: 'text/html' })
    expect((await server.get('track1', '0-9')).status).toBe(503)
  })

  it.each([null, undefined])('%s in place of a track is a 404', async answer => {
    await using server = await serve({ open: () => answer as undefined })
    expect((await server.get('track1')).status).toBe(404)
  })
})

describe('a body', () => {
  it.each<[string, Read]>([
    ['of a string', () => 'bytes'],
    ['of nothing', () => undefined],
    ['of null', () => null],
    ['of a number', () => 5],
    ['of an object', () => ({})],
    ['that is a promise', () => Promise.resolve([CONTENT])],
    ['that is a promise which rejects', () => Promise.reject(new SourceError('changed'))],
    ['of bytes that are no pieces', (first, last) => CONTENT.subarray(first, last + 1)],
    ['of strings', () => ['abc']],
    ['of null pieces', () => [null]],
    ['whose iterator is no function', () => ({ [Symbol.asyncIterator]: 5 })],
    ['whose iterator is undefined', () => ({ [Symbol.asyncIterator]: () => undefined })],
    ['whose next returns nothing', () => ({ [Symbol.asyncIterator]: () => ({ next: () => undefined }) })],
  ])('%s is a 503, and its signal aborts', async (_what, read) => {
    const signals: AbortSignal[] = []
    const refusals = eventsOf('refusal')
    await using server = await serve(
      sourceOf((first, last, signal) => {
        signals.push(signal)
        return read(first, last, signal)
      }),
    )
    expect((await server.get('track1')).status).toBe(503)
    expect(refusals).toHaveLength(1)
    expect(signals.length).toBeGreaterThan(0)
    expect(signals.every(({ aborted }) => aborted)).toBe(true)
  })

  it.each<[string, Read]>([
    ['in one piece', (first, last) => [CONTENT.subarray(first, last + 1)]],
    ['in pieces of 1000 bytes, at once', (first, last) => piecesOf(first, last, 1000)],
    [
      'in pieces, some of them empty',
      function* (first, last) {
        for (const piece of piecesOf(first, last, 50_000)) yield* [Buffer.of(), piece, Buffer.of()]
      },
    ],
    [
      'in a buffer that the source uses again',
      async function* (first, last) {
        const buffer = Buffer.alloc(50_000)
        for (const piece of piecesOf(first, last, 50_000)) {
          await Promise.resolve()
          piece.copy(buffer)
          yield buffer.subarray(0, piece.length)
          buffer.fill(0)
        }
      },
    ],
    [
      'from an iterator that throws when it is left',
      (first, last) => {
        const pieces = piecesOf(first, last, 50_000)
        return {
          [Symbol.asyncIterator]: () => ({
            next: () => pieces.next(),
            return() {
              throw new Error('in return')
            },
          }),
        }
      },
    ],
  ])('%s is served exactly', async (_what, read) => {
    await using server = await serve(sourceOf(read))
    expect(sameBytes((await server.get('track1')).body, CONTENT)).toBe(true)
  })

  it('in pieces of a byte is served exactly, and lets everything else run', async () => {
    const longest = watchTurns()
    await using server = await serve(sourceOf((first, last) => piecesOf(first, last, 1)))
    const answer = await server.get('track1', '0-99999')
    expect(sameBytes(answer.body, CONTENT.subarray(0, 100_000))).toBe(true)
    expect(longest()).toBeLessThan(500)
  })

  it.each<[string, Read]>([
    ['too much', (first, last) => [CONTENT.subarray(first, last + 1), Buffer.from('!')]],
    [
      'too much in one piece',
      (first, last) => [Buffer.concat([CONTENT.subarray(first, last + 1), Buffer.of(1)])],
    ],
    ['too little', (first, last) => [CONTENT.subarray(first, last)].filter(({ length }) => length > 0)],
    ['nothing', () => []],
  ])('of %s never becomes a complete response', async (_what, read) => {
    const [refusals, completions] = [eventsOf('refusal'), eventsOf('completion')]
    await using server = await serve(sourceOf(read))
    const status = await server.get('track1', '0-262143').then(
      answer => answer.status,
      () => 'closed',
    )
    expect([503, 'closed']).toContain(status)
    expect(refusals.length + completions.filter(({ outcome }) => outcome !== 'complete').length).toBe(1)
  })

  it('of too much is read again, and nobody gets what was too much', async () => {
    let reads = 0
    const source = sourceOf((first, last) =>
      reads++ === 0 ? [CONTENT.subarray(first, last + 1), Buffer.from('!')] : piecesOf(first, last, 50_000),
    )
    await using server = await serve(source)
    expect(sameBytes((await server.get('track1')).body, CONTENT)).toBe(true)
  })

  it.each([
    [
      'of empty pieces without end, at once',
      function* (): Generator<Buffer> {
        for (;;) yield Buffer.of()
      },
    ],
    [
      'of empty pieces without end, as promises',
      async function* (): AsyncGenerator<Buffer> {
        await Promise.resolve()
        for (;;) yield Buffer.of()
      },
    ],
  ])('%s ends in time, and lets everything else run', async (_what, read) => {
    let reads = 0
    const longest = watchTurns()
    const source = sourceOf(
      () => {
        reads++
        return read()
      },
      { firstByte: 100 },
    )
    await using server = await serve(source)
    const start = performance.now()
    expect((await server.get('track1')).status).toBe(503)
    expect(performance.now() - start).toBeLessThan(5000)
    expect(longest()).toBeLessThan(500)
    expect(reads).toBe(3)
  })

  it('that goes on with empty pieces after some bytes ends in time', async () => {
    const completions = eventsOf('completion')
    async function* read(first: number): AsyncGenerator<Buffer> {
      yield CONTENT.subarray(first, first + 100)
      for (;;) {
        await new Promise(resolve => setTimeout(resolve, 10))
        yield Buffer.of()
      }
    }
    await using server = await serve(sourceOf(read, { idle: 100, firstByte: 100 }))
    await expect(server.get('track1')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(completions).toMatchObject([{ outcome: 'read_error' }])
  })

  it('whose iterator never ends its return does not hold anybody', async () => {
    let left = 0
    function read(first: number): unknown {
      return {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            first === 0
              ? new Promise(() => undefined)
              : Promise.resolve({ value: CONTENT.subarray(0, 1), done: false }),
          return() {
            left++
            return new Promise(() => undefined)
          },
        }),
      }
    }
    await using server = await serve(sourceOf(read, { firstByte: 50 }))
    expect((await server.get('track1')).status).toBe(503)
    await eventually(() => left === 3, 'each iterator was left')
  })
})

/** Returns how long no timer could run, in milliseconds, until it is called. */
function watchTurns(): () => number {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }, 5)
  return () => {
    clearInterval(timer)
    return Math.max(longest, performance.now() - last)
  }
}

it('has no track that is smaller than what it says', async () => {
  const store = new StubStore({ track1: CONTENT })
  store.change = track => ({ ...track, size: MIB + 100 * KIB })
  await using server = await serve(store)
  await expect(server.get('track1')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(store.live).toBe(0)
})
