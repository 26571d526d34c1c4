/** How a middleware hands a request back to the app, whose error handler writes refusals. None of the three throws. */
import type { ServerResponse } from 'node:http'
import { goOn, isNext, passOn, type Next } from '../pipeline/host-next'
import type { Observer } from '../pipeline/observer'
import type { Refusal } from '../pipeline/refusal'
import { createResponder } from '../pipeline/responder'
import type { StreamRequest } from '../pipeline/stream-request'

export interface HandBack {
  /** Lets the request pass. */
  readonly pass: (req: StreamRequest, res: ServerResponse, next: Next) => void
  /** Reports a refusal. It is written here, with the default text, if the app has no error handler that works. */
  readonly refuse: (req: StreamRequest, res: ServerResponse, refusal: Refusal, next: Next) => void
  /** Passes on what is broken. */
  readonly fail: (req: StreamRequest, res: ServerResponse, failure: unknown, next: Next) => void
}

export function createHandBack(observer: Observer): HandBack {
  const responder = createResponder(observer, {})

  return {
    pass(req, res, next) {
      goOn(req, res, next, responder.end)
    },

    refuse(req, res, refusal, next) {
      observer.refusal(req, refusal)
      const { error } = refusal
      if (!isNext(next)) {
        responder.refuse(req, res, error)
        return
      }
      passOn(req, res, error, next, (_req, _res, fault) => {
        if (res.headersSent) {
          responder.end(req, res, fault)
          return
        }
        observer.unhandled(fault, req)
        responder.refuse(req, res, error)
      })
    },

    fail(req, res, failure, next) {
      passOn(req, res, failure, next, responder.end)
    },
  }
}
