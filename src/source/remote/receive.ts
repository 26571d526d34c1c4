/** Receives the bytes of one read into an extent: exactly those that are missing, at full speed, and never a byte more. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isUint8Array } from 'node:util/types'
import { SourceError } from '../source'
import type { Extent } from './extent'
import { piecesOf, type Pieces } from './pieces'
import { TimeLimitExceeded, within } from './within'
import { WrongAnswer } from './wrong-answer'

/** The body ended before its last byte, without an error: the rest can be read. */
export class EndedEarly extends Error {}

/** A storage that always has the next piece at once would keep everything else from running. */
const PIECES_IN_A_TURN = 64

interface ReceiveLimits {
  /** Milliseconds until the first bytes. */
  readonly firstByte: number
  /** Milliseconds between two pieces with bytes, and of a whole body that nobody waits for. */
  readonly idle: number
  /** Called once. */
  readonly onFirstByte: () => void
}

/**
 * The last bytes are given to clients only when the body has ended: one that is too long is not what was read.
 *
 * @param begin returns the pieces of the body
 * @param abort aborted unless all went well: an iterator that waits for a stalled storage ends only so
 * @throws what the storage throws, TimeLimitExceeded, EndedEarly, WrongAnswer, SourceError, or the reason of the signal
 */
export async function receive(
  extent: Extent,
  begin: () => unknown,
  abort: AbortController,
  limits: ReceiveLimits,
): Promise<void> {
  const clock = new BodyClock(limits)
  let iterator: Pieces | undefined
  let isLast = false
  try {
    iterator = piecesOf(begin())
    for (let count = 1; ; count++) {
      const limit = clock.remaining(extent.hasReaders)
      const result = await within(limit, abort.signal, Promise.resolve(iterator.next()), clock.expected)
      if (result.done === true) break
      const piece = readPiece(result.value)
      if (piece.length > 0) {
        if (isLast || piece.length > extent.missing) {
          throw new SourceError('read_error', {
            cause: new Error('The storage gave more bytes than were read'),
          })
        }
        isLast = piece.length === extent.missing
        extent.write(piece)
        if (!isLast) extent.show(piece.length)
        clock.noteBytes()
      }
      if (count % PIECES_IN_A_TURN === 0) await nextTurn()
    }
    if (!isLast) throw new EndedEarly('The body ended early')
    extent.show(extent.missing)
  } catch (error) {
    abort.abort(error)
    if (iterator !== undefined) leave(iterator)
    throw error
  }
}

/** Says how long to wait for the next bytes. Pieces without bytes give a storage no more time. */
class BodyClock {
  readonly #limits: ReceiveLimits
  readonly #startedAt = performance.now()
  #lastBytesAt: number | undefined

  constructor(limits: ReceiveLimits) {
    this.#limits = limits
  }

  get expected(): string {
    return this.#lastBytesAt === undefined ? 'first bytes' : 'more bytes'
  }

  noteBytes(): void {
    if (this.#lastBytesAt === undefined) this.#limits.onFirstByte()
    this.#lastBytesAt = performance.now()
  }

  /**
   * Milliseconds.
   *
   * @throws TimeLimitExceeded if there are none: a storage that always has a piece at once lets no timer run
   */
  remaining(isAwaited: boolean): number {
    const { firstByte, idle } = this.#limits
    const last = this.#lastBytesAt
    const untilNext = last === undefined ? this.#startedAt + firstByte : last + idle
    // What is finished only to keep the connection must not keep it for long.
    const end = isAwaited || last === undefined ? untilNext : Math.min(untilNext, this.#startedAt + idle)
    const remaining = end - performance.now()
    if (remaining <= 0) throw new TimeLimitExceeded(`The storage gave no ${this.expected} in time`)
    return remaining
  }
}

function readPiece(value: unknown): Uint8Array {
  if (isUint8Array(value)) return value
  throw new WrongAnswer('A piece must be a Uint8Array', value)
}

/** Does not wait: `return` of an async generator waits for what it awaits. */
function leave(iterator: Pieces): void {
  try {
    Promise.resolve(iterator.return?.()).catch(() => undefined)
  } catch {
    // Nothing more is expected of an iterator that is left.
  }
}
