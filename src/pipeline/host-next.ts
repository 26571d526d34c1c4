/**
 * Hands requests back to the host by its `next`. Polka gives none to the only handler of a route, and its error handling
 * may throw; a `next` of the app's own may return a promise that rejects.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { callSafely } from '../callbacks'
import { textOfFault } from '../warn-once'

/** How the host goes on: without an error, with the next middleware. */
export type Next = (error?: unknown) => void

/** Responds to a request that the host left alone. Must not throw. */
export type EndRequest = (req: IncomingMessage, res: ServerResponse, fault: unknown) => void

/** Whether the host gave a way to go on: a host may pass something else as the third argument, or nothing. */
export function isNext(next: unknown): next is Next {
  return typeof next === 'function'
}

/** Goes on with the next middleware of the host. Never throws: `end` gets what went wrong. */
export function goOn(
  req: IncomingMessage,
  res: ServerResponse,
  next: Next | undefined,
  end: EndRequest,
): void {
  if (!isNext(next)) {
    end(req, res, new TypeError('Cannot go on with the request: the host gave no next'))
    return
  }
  callSafely(next, fault => {
    end(req, res, fault)
  })
}

/** Passes `failure` to the error handling of the host. Never throws: `end` gets it if there is none, or it fails. */
export function passOn(
  req: IncomingMessage,
  res: ServerResponse,
  failure: unknown,
  next: Next | undefined,
  end: EndRequest,
): void {
  if (!isNext(next)) {
    end(req, res, failure)
    return
  }
  callSafely(next.bind(undefined, failure), fault => {
    end(req, res, fault === failure ? failure : faultOfHost(fault, failure))
  })
}

/** Names both: Polka 0.5 takes `code` of an error for a status, and fails at that. */
function faultOfHost(fault: unknown, failure: unknown): Error {
  return new Error(`The error handling of the host failed: ${textOfFault(fault)}`, { cause: failure })
}
