/** Opens and reads tracks of a source, as the router does. */
import { types } from 'node:util'
import { randomFrom } from '../../support/random'
import { SourceError } from '../../../src/source/source'
import type { OpenContext, SourceTrack, TrackSource } from '../../../src/source/track-source'

const { isNativeError } = types

/** Bytes that differ at each position, the same each time. */
export function contentOf(size: number, seed = 1): Buffer {
  const random = randomFrom(seed)
  const words = new Uint32Array(Math.ceil(size / 4))
  for (let at = 0; at < words.length; at++) words[at] = random() * 2 ** 32
  return Buffer.from(words.buffer, 0, size)
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

/** What a source reports when `work` fails, with the messages of all its causes. */
export interface Failure {
  readonly kind: string
  readonly isDenied: boolean
  readonly isPermanent: boolean
  readonly retryAfter: number | undefined
  readonly causes: string
}

export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof SourceError))
    throw new Error('This did not fail with a SourceError', { cause: error })
  const { kind, isDenied, isPermanent, retryAfter } = error
  const causes: string[] = []
  // Not `instanceof`: errors of sockets are made outside the realm of Jest.
  for (let cause = error.cause; isNativeError(cause); cause = cause.cause) causes.push(cause.message)
  return { kind, isDenied, isPermanent, retryAfter, causes: causes.join(': ') }
}

/** What a read gave before it failed, and the failure. */
export async function readUntilFailure(pieces: AsyncIterable<Uint8Array>): Promise<[Buffer, Failure]> {
  const given: Uint8Array[] = []
  async function drain(): Promise<void> {
    for await (const piece of pieces) given.push(piece)
  }
  const failure = await failureOf(drain())
  return [Buffer.concat(given), failure]
}
