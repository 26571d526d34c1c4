/** Cancels work for a client that has left. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterResponse } from './traffic'

/** @returns a signal that aborts when the response has ended, or its connection is closed */
export function clientSignal(req: IncomingMessage, res: ServerResponse): AbortSignal {
  const controller = new AbortController()
  if (req.socket.destroyed) controller.abort()
  afterResponse(req, res, () => {
    controller.abort()
  })
  return controller.signal
}
