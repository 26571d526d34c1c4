/** Cuts a response whose reader takes nothing. */
import type { ServerResponse } from 'node:http'

export interface StallWatch {
  readonly hasStalled: boolean
}

/**
 * The socket's own time-out sees progress inside a chunk, which a timer between chunks would not. It is given back
 * before Node sets its keep-alive time-out at the end of the response.
 *
 * @param timeout milliseconds; 0 for never
 */
export function watchStall(res: ServerResponse, timeout: number): StallWatch {
  const watch = { hasStalled: false }
  if (timeout === 0) return watch

  const { socket } = res
  const former = socket?.timeout ?? 0
  res.prependOnceListener('finish', () => {
    socket?.setTimeout(former)
  })
  res.setTimeout(timeout, () => {
    watch.hasStalled = true
    res.destroy()
  })
  return watch
}
