/** What listening costs at a store: calls, each of which is a GET, and bytes. */
import type { StreamFetchEvent } from '../../../src/events'
import { createRemoteSource } from '../../../src/source/remote/remote-source'
import type { SourceTrack, TrackSource } from '../../../src/source/track-source'
import { requestFor } from '../../support/track-request'

const MEGABYTE = 1_000_000
/** What the kernel and a player take at once before a player begins to take data as it plays. */
const BUFFERED = 3 * 1024 * 1024
const PIECE = Buffer.alloc(64 * 1024)

/** A track of zeros at a store that gives the prefix that was wanted. */
function zeros(size: number): TrackSource {
  function* give(first: number, last: number): Generator<Uint8Array> {
    for (let at = first; at <= last; at += PIECE.length) yield PIECE.subarray(0, last + 1 - at)
  }
  return {
    open(_id, { want, known }): SourceTrack {
      if (known !== undefined) return known
      const last = Math.min(want.last ?? size - 1, size - 1)
      return {
        size,
        type: 'audio/mpeg',
        etag: '"1"',
        prefix: { first: want.first, last, bytes: Buffer.alloc(last + 1 - want.first) },
        async *read(range) {
          await Promise.resolve()
          yield* give(range.first, range.last)
        },
      }
    },
  }
}

it('an hour of 320 kbit/s with 10 seeks costs 160 GETs at most, and 10 % more bytes than were played', async () => {
  const size = 1440 * MEGABYTE
  const played = 144 * MEGABYTE
  const runs = 11
  const calls: StreamFetchEvent[] = []
  const source = createRemoteSource(zeros(size), {
    cacheBytes: 64 * 1024 * 1024,
    onFetch: event => calls.push(event),
  })
  let given = 0
  for (let run = 0; run < runs; run++) {
    const client = new AbortController()
    // Each seek leads to a part of the track that was not played, at no particular position.
    const first = run * 130 * MEGABYTE + 12_345
    const track = await source.open(requestFor('track1', `bytes=${first}-`), client)
    if (track === undefined) throw new Error('No track')
    const reader = track.read({ first, last: size - 1 }, client)
    for (let taken = 0; taken < played / runs;) {
      const chunk = await reader.next(taken > 0 && taken < BUFFERED)
      taken += chunk?.length ?? 0
      given += chunk?.length ?? 0
    }
    reader.close()
    track.close()
  }
  const bytes = calls.reduce((sum, call) => sum + call.bytes, 0)
  expect(given).toBeGreaterThanOrEqual(played)
  expect(calls.length).toBeLessThanOrEqual(160)
  expect(bytes).toBeLessThanOrEqual(1.1 * played)
})
