/** Receives the bytes of one read into an extent: exactly those that are missing, at full speed, and never a byte more. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isUint8Array } from 'node:util/types'
import { SourceError } from '../source'
import type { Extent } from './extent'
import { within } from './within'

/** The body ended before its last byte, without an error: the rest can be read. */
export class EndedEarly extends Error {}

/** A storage that always has the next piece at once would keep everything else from running. */
const PIECES_IN_A_TURN = 64

export interface ReceiveLimits {
  /** Milliseconds until the first bytes. */
  readonly firstByte: number
  /** Milliseconds between two pieces. */
  readonly idle: number
  /** Called once. */
  readonly onFirstByte: () => void
}

/**
 * The last bytes are given to clients only when the body has ended: one that is too long is not what was read.
 *
 * @param abort aborted unless all went well: an iterator that waits for a stalled storage ends only so
 * @throws what the storage throws, TimeLimitExceeded, EndedEarly, SourceError, or the reason of the signal
 */
export async function receive(
  extent: Extent,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  abort: AbortController,
  limits: ReceiveLimits,
): Promise<void> {
  const iterator = iterate(pieces)
  let last: Uint8Array | undefined
  let hasBegun = false
  try {
    for (let count = 1; ; count++) {
      const result = await within(
        hasBegun ? limits.idle : limits.firstByte,
        abort.signal,
        Promise.resolve(iterator.next()),
        hasBegun ? 'more bytes' : 'first bytes',
      )
      if (result.done === true) break
      const piece = readPiece(result.value)
      if (piece.length > 0) {
        const missing = extent.missing
        if (last !== undefined || piece.length > missing) {
          throw new SourceError('read_error', {
            cause: new Error('The storage gave more bytes than were read'),
          })
        }
        if (piece.length === missing) last = piece
        else extent.append(piece)
        if (!hasBegun) limits.onFirstByte()
        hasBegun = true
      }
      if (count % PIECES_IN_A_TURN === 0) await nextTurn()
    }
    if (last === undefined) throw new EndedEarly('The body ended early')
    extent.append(last)
  } catch (error) {
    abort.abort(error)
    leave(iterator)
    throw error
  }
}

type Pieces = AsyncIterator<unknown> | Iterator<unknown>

function iterate(pieces: AsyncIterable<unknown> | Iterable<unknown>): Pieces {
  return Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]()
}

function readPiece(value: unknown): Uint8Array {
  if (isUint8Array(value)) return value
  const cause = new TypeError(`A piece must be a Uint8Array, got a value of type ${typeof value}`)
  throw new SourceError('read_error', { cause })
}

/** Does not wait: `return` of an async generator waits for what it awaits. */
function leave(iterator: Pieces): void {
  try {
    Promise.resolve(iterator.return?.()).catch(() => undefined)
  } catch {
    // It was asked to end, and nothing more is expected of it.
  }
}
