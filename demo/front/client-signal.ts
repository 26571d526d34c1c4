/** Cancels what is done for a client that has left. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAnswer } from './traffic'

/** @returns a signal that aborts when the response has ended, or its connection is gone */
export function clientSignal(req: IncomingMessage, res: ServerResponse): AbortSignal {
  const controller = new AbortController()
  if (req.socket.destroyed) controller.abort()
  afterAnswer(req, res, () => {
    controller.abort()
  })
  return controller.signal
}
