/** The pieces of a body, as a source returned it. */
import { isThenable } from '../../callbacks'
import { WrongAnswer } from './wrong-answer'

export type Pieces = AsyncIterator<unknown> | Iterator<unknown>

/** @throws WrongAnswer if `body` is neither async iterable nor iterable */
export function piecesOf(body: unknown): Pieces {
  if (isAsyncIterable(body)) return body[Symbol.asyncIterator]()
  if (isIterable(body)) return body[Symbol.iterator]()
  // Of an async method. Nobody else handles its rejection, which would end the process.
  if (isThenable(body)) body.then(undefined, () => undefined)
  throw new WrongAnswer('A body must be an async iterable', body)
}

function isAsyncIterable(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

function isIterable(body: unknown): body is Iterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.iterator in body
}
