/** Cancels work for a client that has left. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterResponse } from './traffic'

/** Why work for a client was cancelled, which is no fault. */
export const CLIENT_LEFT = new Error('The client has left')

/** @returns a signal that aborts when the response has ended, or its connection is closed, with the reason {@link CLIENT_LEFT} */
export function clientSignal(req: IncomingMessage, res: ServerResponse): AbortSignal {
  const controller = new AbortController()
  if (req.socket.destroyed) controller.abort(CLIENT_LEFT)
  afterResponse(req, res, () => {
    controller.abort(CLIENT_LEFT)
  })
  return controller.signal
}
