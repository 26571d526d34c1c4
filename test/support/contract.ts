/** What every source keeps to, whatever it stores tracks in. */
import { Buffer } from 'node:buffer'
import type { OpenTrack, Source, TrackReader } from '../../src/source/source'

const cancellation = new AbortController()

export async function readAll(reader: TrackReader): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for (;;) {
    const chunk = await reader.next(true)
    if (chunk === undefined) break
    // It may be another's once it is recycled.
    chunks.push(Buffer.from(chunk))
    reader.recycle()
  }
  reader.close()
  return Buffer.concat(chunks)
}

export async function openTrack(source: Source, id: string): Promise<OpenTrack> {
  const track = await source.open(id, cancellation)
  if (track === undefined) throw new Error(`No track ${id}`)
  return track
}

/** @param source holds `content` as `track1` and nothing as `missing` and `empty` */
export function describeSource(name: string, source: () => Source, content: Buffer): void {
  describe(`${name}, as every source,`, () => {
    it('has nothing under an unknown id', async () => {
      expect(await source().open('missing', cancellation)).toBeUndefined()
    })

    it('describes what it holds', async () => {
      const track = await openTrack(source(), 'track1')
      expect(track.representation).toMatchObject({
        size: content.length,
        mediaType: expect.stringMatching(/^audio\//) as string,
        etag: expect.stringMatching(/^"[\x21\x23-\x7e]+"$/) as string,
      })
      track.close()
    })

    it('describes an unchanged track alike each time', async () => {
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

    it('reads several ranges of one open track, also at once', async () => {
      const track = await openTrack(source(), 'track1')
      const [a, b] = await Promise.all([
        readAll(track.read({ first: 100_000, last: 250_000 }, cancellation)),
        readAll(track.read({ first: 5, last: 9 }, cancellation)),
      ])
      expect(a.equals(content.subarray(100_000, 250_001))).toBe(true)
      expect(b.equals(content.subarray(5, 10))).toBe(true)
      track.close()
    })

    it('may be closed twice', async () => {
      const track = await openTrack(source(), 'track1')
      track.close()
      expect(() => {
        track.close()
      }).not.toThrow()
    })
  })
}
