/** Notices a reader that takes nothing. */
import type { ServerResponse } from 'node:http'

/**
 * Calls `onStall` where `res` makes no progress. The socket's own time-out sees progress inside a chunk, which a timer
 * between chunks would not; it is given back before Node sets its keep-alive time-out at the end of the response.
 *
 * @param timeout milliseconds; 0 for never
 */
export function watchStall(res: ServerResponse, timeout: number, onStall: () => void): void {
  if (timeout === 0) return
  const { socket } = res
  const former = socket?.timeout ?? 0
  res.prependOnceListener('finish', () => {
    socket?.setTimeout(former)
  })
  res.setTimeout(timeout, onStall)
}
