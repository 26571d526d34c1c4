/** What every source guarantees, whatever it stores tracks in. */
import { Buffer } from 'node:buffer'
import { lengthOf } from '../../src/http/byte-range'
import {
  SourceError,
  type OpenTrack,
  type Source,
  type SourceErrorKind,
  type TrackReader,
} from '../../src/source/source'
import { requestFor } from './track-request'

const cancellation = new AbortController()

export async function readAll(reader: TrackReader): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for (;;) {
    const chunk = await reader.next(true)
    if (chunk === undefined) break
    // Once it is recycled, its memory may hold the bytes of another reader.
    chunks.push(Buffer.from(chunk))
    reader.recycle()
  }
  reader.close()
  return Buffer.concat(chunks)
}

export async function openTrack(source: Source, id: string): Promise<OpenTrack> {
  const track = await source.open(requestFor(id), cancellation)
  if (track === undefined) throw new Error(`No track ${id}`)
  return track
}

/** A track that a test harms while it is read. */
export interface HarmedTrack {
  readonly source: Source
  readonly id: string
  /** Harms it. From then on, what was not read before can no longer be read as it was. */
  strike(): void
}

export interface SourceUnderTest {
  /** Holds `content` as `track1` and nothing as `missing`. */
  readonly source: () => Source
  readonly content: Buffer
  /** A source that cannot tell whether it has a track. */
  readonly unavailable: () => Source
  /** For each fault that the test can cause, a new track with `content`. */
  readonly harms: Partial<Record<Exclude<SourceErrorKind, 'unavailable'>, () => HarmedTrack>>
}

export function describeSource(name: string, { source, content, unavailable, harms }: SourceUnderTest): void {
  const whole = { first: 0, last: content.length - 1 }

  describe(`${name}, as every source,`, () => {
    it('has nothing under an unknown id', async () => {
      expect(await source().open(requestFor('missing'), cancellation)).toBeUndefined()
      expect(await source().describe(requestFor('missing'), cancellation)).toBeUndefined()
    })

    it('describes what it holds', async () => {
      const track = await openTrack(source(), 'track1')
      const { representation } = track
      track.close()
      expect(representation).toMatchObject({
        size: content.length,
        mediaType: expect.stringMatching(/^audio\//) as string,
        etag: expect.stringMatching(/^"[\x21\x23-\x7e]+"$/) as string,
      })
      expect(await source().describe(requestFor('track1'), cancellation)).toMatchObject({
        size: representation.size,
        type: representation.mediaType,
        etag: representation.etag,
      })
    })

    it('describes an unchanged track in the same way each time', async () => {
      const [first, second] = [await openTrack(source(), 'track1'), await openTrack(source(), 'track1')]
      expect(first.representation).toEqual(second.representation)
      first.close()
      second.close()
    })

    it.each([
      [0, 0],
      [0, content.length - 1],
      [content.length - 1, content.length - 1],
      [65_535, 65_536],
      [1, 200_000],
    ])('reads bytes %d to %d exactly', async (first, last) => {
      const track = await openTrack(source(), 'track1')
      const bytes = await readAll(track.read({ first, last }, cancellation))
      expect(bytes.equals(content.subarray(first, last + 1))).toBe(true)
      track.close()
    })

    it('reads several ranges of one open track, also at the same time', async () => {
      const track = await openTrack(source(), 'track1')
      const [a, b] = await Promise.all([
        readAll(track.read({ first: 100_000, last: 250_000 }, cancellation)),
        readAll(track.read({ first: 5, last: 9 }, cancellation)),
      ])
      expect(a.equals(content.subarray(100_000, 250_001))).toBe(true)
      expect(b.equals(content.subarray(5, 10))).toBe(true)
      track.close()
    })

    it('leaves the bytes of a chunk alone until the reader is used again', async () => {
      const track = await openTrack(source(), 'track1')
      const reader = track.read(whole, cancellation)
      const chunk = await reader.next(false)
      await readAll(track.read({ first: 100_000, last: 299_999 }, cancellation))
      expect(content.subarray(0, chunk?.length).equals(chunk ?? Buffer.of())).toBe(true)
      reader.close()
      track.close()
    })

    it('gives nothing after the last bytes', async () => {
      const track = await openTrack(source(), 'track1')
      const reader = track.read({ first: 7, last: 9 }, cancellation)
      expect(await reader.next(false)).toHaveLength(3)
      expect(await reader.next(false)).toBeUndefined()
      expect(await reader.next(false)).toBeUndefined()
      reader.close()
      track.close()
    })

    it('closes a track and a reader also when that is done twice', async () => {
      const [track, other] = [await openTrack(source(), 'track1'), await openTrack(source(), 'track1')]
      const reader = track.read(whole, cancellation)
      await reader.next(false)
      reader.close()
      reader.close()
      track.close()
      track.close()
      expect((await readAll(other.read(whole, cancellation))).equals(content)).toBe(true)
      other.close()
    })

    it.each([
      ['before', true],
      ['during', false],
    ])(
      'opens a track or gives the reason when it is aborted %s that, and serves others',
      async (_when, isBefore) => {
        const leaving = new AbortController()
        const reason = new Error('The client has left')
        if (isBefore) leaving.abort(reason)
        const opening = settle(() => source().open(requestFor('track1'), leaving))
        const staying = openTrack(source(), 'track1')
        leaving.abort(reason)
        const { value, error } = await opening
        if (value === undefined) expect(error).toBe(reason)
        value?.close()
        const track = await staying
        expect((await readAll(track.read(whole, cancellation))).equals(content)).toBe(true)
        track.close()
      },
    )

    it('reads on or gives the reason when it is aborted during a read, and serves others', async () => {
      const track = await openTrack(source(), 'track1')
      const leaving = new AbortController()
      const reason = new Error('The client has left')
      const reader = track.read(whole, leaving)
      const reading = settle(() => reader.next(false))
      leaving.abort(reason)
      const { value, error } = await reading
      if (value === undefined) expect(error).toBe(reason)
      else expect(content.subarray(0, value.length).equals(value)).toBe(true)
      reader.close()
      expect((await readAll(track.read(whole, cancellation))).equals(content)).toBe(true)
      track.close()
    })

    it('ends a read in progress when its reader and its track are closed, and serves others', async () => {
      const [track, other] = [await openTrack(source(), 'track1'), await openTrack(source(), 'track1')]
      const reader = track.read(whole, cancellation)
      const reading = settle(() => reader.next(false))
      reader.close()
      track.close()
      await reading
      expect((await readAll(other.read(whole, cancellation))).equals(content)).toBe(true)
      other.close()
    })

    it('rejects with a fault, rather than have no track, when it is unavailable', async () => {
      const { error } = await settle(() => unavailable().open(requestFor('track1'), cancellation))
      expect(error).toBeInstanceOf(SourceError)
      expect(error).toMatchObject({ kind: 'unavailable' })
      const described = await settle(() => unavailable().describe(requestFor('track1'), cancellation))
      expect(described.error).toMatchObject({ kind: 'unavailable' })
    })

    it.each(Object.entries(harms))(
      'gives the last bytes only if all are of one version, else a fault: %s',
      async (kind, begin) => {
        const harmed = begin()
        const track = await openTrack(harmed.source, harmed.id)
        const reader = track.read(whole, cancellation)
        const start = Buffer.from((await reader.next(false)) ?? Buffer.of())
        harmed.strike()
        const { value: rest, error } = await settle(() => readAll(reader))
        if (rest === undefined) expect(error).toMatchObject({ name: 'SourceError', kind })
        else expect(Buffer.concat([start, rest]).equals(content)).toBe(true)
        if (start.length < lengthOf(whole)) expect(error).toBeDefined()
        reader.close()
        track.close()
      },
    )
  })
}

/** What `action` gives, or throws, or rejects with. */
async function settle<Value>(
  action: () => Value | Promise<Value>,
): Promise<{ readonly value?: Value; readonly error?: unknown }> {
  try {
    return { value: await action() }
  } catch (error) {
    return { error }
  }
}
