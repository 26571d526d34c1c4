/** Reads of a track, piece by piece. */
import { Buffer } from 'node:buffer'
import { isUint8Array } from 'node:util/types'
import type { ReadContext, SourceTrack } from '../source/track-source'
import { Mismatch, show } from './mismatch'
import { STEP_LIMIT, within } from './time-limit'

export interface Range {
  readonly first: number
  readonly last: number
}

/** A read, which begins at the first call of `next`. */
export function begin(track: SourceTrack, range: Range, context: ReadContext): AsyncIterator<Uint8Array> {
  return track.read(range, context)[Symbol.asyncIterator]()
}

/** The next piece, or undefined at the end. */
export async function nextPiece(
  iterator: AsyncIterator<Uint8Array>,
  limit = STEP_LIMIT,
): Promise<Uint8Array | undefined> {
  const step = await within(limit, iterator.next(), 'the next piece')
  if (step.done === true) return undefined
  const piece: unknown = step.value
  if (!isUint8Array(piece)) throw new Mismatch('pieces that are Uint8Arrays', show(piece))
  return piece
}

/** @param most bytes that may come; more of them end the read, which may be endless */
export async function readToEnd(iterator: AsyncIterator<Uint8Array>, most: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  for (;;) {
    const piece = await nextPiece(iterator)
    if (piece === undefined) return Buffer.concat(pieces)
    pieces.push(Buffer.from(piece))
    length += piece.length
    if (length > most) throw new Mismatch(`${most} bytes`, `${length} bytes or more`)
  }
}
