/** Responds to a request that is not served: with a refusal, through the host's error handling, or with a bare 500. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { writeHead } from '../delivery/write-head'
import type { ResponseHeaders } from '../http/response-plan'
import type { Observer } from './observer'
import { Refusal } from './refusal'
import { requestIdField } from './request-id-field'
import { createRefusalTexts, type RefusalMessages } from './refusal-text'
import { writeRefusal } from './write-refusal'

/** How the host goes on: without an error, with the next middleware. */
export type Next = (error?: unknown) => void

/** @param next of the host; undefined on a bare server, which has no error handling of its own */
export type RespondToFailure = (
  req: IncomingMessage,
  res: ServerResponse,
  failure: unknown,
  next: Next | undefined,
) => void

/**
 * @param extraHeaders fields that a refusal carries besides
 * @param requestIdHeader the field that carries the id of the request; undefined for none
 */
export function createRespondToFailure(
  observer: Observer,
  messages: RefusalMessages,
  extraHeaders: ResponseHeaders | undefined,
  requestIdHeader: string | undefined,
): RespondToFailure {
  const texts = createRefusalTexts(messages, observer.textFault)

  return function respondToFailure(req, res, failure, next) {
    try {
      if (failure instanceof Refusal) {
        observer.refusal(req, failure)
        const own = { ...extraHeaders, ...requestIdField(requestIdHeader, req) }
        writeRefusal(req, res, failure.error, texts, own)
      } else if (next !== undefined) {
        next(failure)
      } else {
        endWithFault(req, res, failure)
      }
    } catch (fault) {
      endWithFault(req, res, fault)
    }
  }

  function endWithFault(req: IncomingMessage, res: ServerResponse, fault: unknown): void {
    observer.fault(fault, req)
    if (res.headersSent) {
      res.destroy()
      return
    }
    const own = requestIdField(requestIdHeader, req)
    writeHead(res, 500, { 'Content-Length': 0, 'Cache-Control': 'no-store', Connection: 'close', ...own })
    res.end()
  }
}
