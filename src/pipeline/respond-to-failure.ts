/** Responds to a request that a handler does not serve: with a refusal, or through the host's error handling. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { passOn, type Next } from './host-next'
import type { Observer } from './observer'
import { Refusal } from './refusal'
import type { Responder } from './responder'

/** @param next of the host; undefined on a bare server, which has no error handling of its own. Never throws */
export type RespondToFailure = (
  req: IncomingMessage,
  res: ServerResponse,
  failure: unknown,
  next: Next | undefined,
) => void

export function createRespondToFailure(observer: Observer, { refuse, end }: Responder): RespondToFailure {
  return function respondToFailure(req, res, failure, next) {
    if (failure instanceof Refusal) {
      observer.refusal(req, failure)
      refuse(req, res, failure.error)
    } else {
      passOn(req, res, failure, next, end)
    }
  }
}
