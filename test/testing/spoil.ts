/** Makes sources that are right but for one flaw. */
import type { OpenContext, SourceTrack, TrackSource } from 'express-signed-stream'
import { MemorySource, type MemoryStore } from '../support/memory-source'

/** What a flaw sees of an opening. */
export interface Opening {
  readonly id: string
  readonly store: MemoryStore
  readonly context: OpenContext
  /** How many tracks this source has opened before. */
  readonly count: number
}

/** The fields of a track that are wrong. */
export type Spoil = (track: SourceTrack, opening: Opening) => Partial<SourceTrack>

export type MakeSource = (store: MemoryStore) => TrackSource

export interface Flaw {
  readonly name: string
  readonly make: MakeSource
  /** Names of the laws that it breaks, all of them. */
  readonly breaks: readonly string[]
}

/** The source that is right, but for some fields of its tracks. */
export function spoilTracks(spoil: Spoil): MakeSource {
  return store => {
    const source = new MemorySource(store)
    let count = 0
    return {
      open(id, context) {
        const track = source.open(id, context)
        if (track === undefined || track === context.known) return track
        return { ...copyOf(track), ...spoil(track, { id, store, context, count: count++ }) }
      },
    }
  }
}

/** The source that is right, but for some of what it does. */
export function spoilSource(
  spoil: (source: MemorySource, store: MemoryStore) => Partial<TrackSource>,
): MakeSource {
  return store => {
    const source = new MemorySource(store)
    return { open: (id, context) => source.open(id, context), ...spoil(source, store) }
  }
}

/** The track, with its methods as fields. */
export function copyOf(track: SourceTrack): SourceTrack {
  const { size, type, etag, lastModified, prefix } = track
  return {
    size,
    type,
    etag,
    lastModified,
    prefix,
    read: (range, context) => track.read(range, context),
    close: () => track.close?.(),
  }
}

export type Read = Parameters<SourceTrack['read']>

/** Reads as `track` does, and changes what comes. */
export function readWith(
  track: SourceTrack,
  change: (pieces: AsyncIterable<Uint8Array>, ...read: Read) => AsyncIterable<Uint8Array>,
): Partial<SourceTrack> {
  return { read: (...read) => change(track.read(...read), ...read) }
}

/** @param to what takes the place of `piece`, which begins so many bytes after the first */
export async function* change(
  pieces: AsyncIterable<Uint8Array>,
  to: (piece: Uint8Array, at: number) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const piece of pieces) {
    yield to(piece, at)
    at += piece.length
  }
}

/** @param onEnd called when the read is over, with whether it was left before its end */
export async function* atEnd(
  pieces: AsyncIterable<Uint8Array>,
  onEnd: (isLeft: boolean) => void,
): AsyncGenerator<Uint8Array> {
  let isLeft = true
  try {
    yield* pieces
    isLeft = false
  } catch (error) {
    isLeft = false
    throw error
  } finally {
    onEnd(isLeft)
  }
}

/** One piece, and what to do after it. */
// eslint-disable-next-line @typescript-eslint/require-await -- the bytes are in memory
export async function* one(piece: Uint8Array, after: () => void): AsyncGenerator<Uint8Array> {
  yield piece
  after()
}

export function never(): Promise<never> {
  return new Promise(() => undefined)
}
