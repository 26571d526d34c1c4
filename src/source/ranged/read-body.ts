/** Reads the body of a response of the store, and counts it. */
import type { ByteRange } from '../../http/byte-range'
import { SourceError } from '../source'
import type { StoreContent } from './store'

/**
 * The body, which must have exactly `length` bytes. Its connection is free when the iteration ends, by its end, an error,
 * an early `return()`, or the abort of `signal`, which also ends a wait for bytes.
 *
 * @throws SourceError `read_error` for too many or too few bytes
 */
export async function* readBody(
  content: StoreContent,
  length: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = length
  let last: Uint8Array | undefined
  const stopListening = releaseOnAbort(content, signal)
  try {
    signal.throwIfAborted()
    for await (const bytes of content.body ?? []) {
      const piece = bytes as Uint8Array
      if (piece.length === 0) continue
      if (piece.length > left)
        throw new Error(`The store sent more than the ${length} bytes that it announced`)
      left -= piece.length
      if (left > 0) yield piece
      // Held back until the end: once a body has ended, its connection is free for the next request.
      else last = piece
    }
    if (left > 0) throw new Error(`The body of the store ended ${left} bytes early`)
    if (last !== undefined) yield last
  } catch (error) {
    throw signal.aborted ? signal.reason : new SourceError('read_error', { cause: error })
  } finally {
    stopListening()
    content.release()
  }
}

/**
 * Frees the connection when `signal` aborts, also if nobody reads the body at that time.
 *
 * @returns stops that
 */
export function releaseOnAbort(content: StoreContent, signal: AbortSignal): () => void {
  function release(): void {
    content.release()
  }
  function stopListening(): void {
    signal.removeEventListener('abort', release)
  }
  if (signal.aborted) release()
  else signal.addEventListener('abort', release, { once: true })
  content.body?.once('close', stopListening)
  return stopListening
}

/** The bytes of `range` out of all bytes of an object. */
export async function* sliceOf(
  pieces: AsyncIterable<Uint8Array>,
  { first, last }: ByteRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0
  for await (const piece of pieces) {
    const slice = piece.subarray(Math.max(0, first - at), Math.max(0, last + 1 - at))
    at += piece.length
    if (slice.length > 0) yield slice
  }
}
