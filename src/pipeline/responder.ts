/** Responds to what is not served: with a refusal, or with a bare status if no code of the app is left to respond. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { StreamError } from '../errors'
import type { ResponseHeaders } from '../http/response-plan'
import { endBare } from './end-bare'
import type { Observer } from './observer'
import { createRefusalTexts, type RefusalMessages } from './refusal-text'
import { requestIdField } from './request-id-field'
import { writeRefusal } from './write-refusal'

/** Neither throws, whatever state the response is in. */
export interface Responder {
  /** Writes a refusal; if that is impossible, ends the response as `end` does. */
  readonly refuse: (req: IncomingMessage, res: ServerResponse, error: StreamError) => void
  /**
   * Reports a fault that no handler of the app took, and ends the response without details. One that has begun already
   * is disconnected, so that no client takes it for whole.
   *
   * @param status 500 by default
   */
  readonly end: (req: IncomingMessage, res: ServerResponse, fault: unknown, status?: number) => void
}

/**
 * @param extraHeaders fields that a refusal carries besides
 * @param requestIdHeader the field that carries the id of the request; undefined for none
 */
export function createResponder(
  observer: Observer,
  messages: RefusalMessages,
  extraHeaders?: ResponseHeaders,
  requestIdHeader?: string,
): Responder {
  const texts = createRefusalTexts(messages, observer.textFault)

  function refuse(req: IncomingMessage, res: ServerResponse, error: StreamError): void {
    try {
      const own = { ...extraHeaders, ...requestIdField(requestIdHeader, req) }
      writeRefusal(req, res, error, texts, own)
    } catch (fault) {
      end(req, res, fault)
    }
  }

  function end(req: IncomingMessage, res: ServerResponse, fault: unknown, status = 500): void {
    // A status below says that nothing is broken: a path that nothing serves.
    if (status >= 500) observer.unhandled(fault, req)
    endBare(res, status, requestIdField(requestIdHeader, req))
  }

  return { refuse, end }
}
