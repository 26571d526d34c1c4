/** The pieces of a body, as a source returned it. */
import { Readable } from 'node:stream'
import { isThenable } from '../../callbacks'
import { WrongAnswer } from './wrong-answer'

export type Pieces = AsyncIterator<unknown> | Iterator<unknown>

/** @throws WrongAnswer if `body` is neither async iterable nor iterable */
export function piecesOf(body: unknown): Pieces {
  if (isAsyncIterable(body)) return body[Symbol.asyncIterator]()
  if (isIterable(body)) return body[Symbol.iterator]()
  ignoreFaults(body)
  throw new WrongAnswer('A body must be an async iterable', body)
}

/**
 * Called for a body that nobody will read: what goes wrong in it must not end the process. A stream of Node emits an
 * error when its signal aborts, and an async method in place of a generator may reject.
 */
export function ignoreFaults(body: unknown): void {
  if (isThenable(body)) body.then(undefined, () => undefined)
  else if (body instanceof Readable) body.on('error', () => undefined)
}

function isAsyncIterable(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

function isIterable(body: unknown): body is Iterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.iterator in body
}
