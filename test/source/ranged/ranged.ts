/** Opens and reads tracks of a source, as the router does. */
import { randomFrom } from '../../support/random'
import type { OpenContext, SourceTrack, TrackSource } from '../../../src/source/track-source'

/** Bytes that differ at each position, the same each time. */
export function contentOf(size: number, seed = 1): Buffer {
  const random = randomFrom(seed)
  return Buffer.from(Uint8Array.from({ length: size }, () => Math.floor(random() * 256)))
}

export type Opening = Partial<Pick<OpenContext, 'want' | 'known' | 'signal'>>

export async function openTrack(
  source: TrackSource,
  id: string,
  { want = { first: 0, last: 99 }, known, signal = new AbortController().signal }: Opening = {},
): Promise<SourceTrack | undefined> {
  const location = await source.locate?.(id, { signal, grant: undefined })
  return location && source.open(id, { key: location.key, want, known, signal })
}

/** Opens a track that exists. */
export async function openKnown(source: TrackSource, id: string, opening?: Opening): Promise<SourceTrack> {
  const track = await openTrack(source, id, opening)
  if (track === undefined) throw new Error(`There is no track ${id}`)
  return track
}

export async function readRange(
  track: SourceTrack,
  first: number,
  last: number,
  signal = new AbortController().signal,
): Promise<Buffer> {
  return join(track.read({ first, last }, { signal }))
}

/** The bytes of the prefix; undefined without one. */
export async function readPrefix({ prefix }: SourceTrack): Promise<Buffer | undefined> {
  if (prefix === undefined) return undefined
  return prefix.bytes instanceof Uint8Array ? Buffer.from(prefix.bytes) : join(prefix.bytes)
}

export async function join(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}
