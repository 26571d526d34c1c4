/** What a connection did not send of all that was written: known only until its socket is destroyed, here or elsewhere. */
import type { Socket } from 'node:net'

export interface Unsent {
  /** Undefined until the socket is destroyed, or if that was because of an error: what a failed write left is in no queue. */
  readonly bytes: number | undefined
}

const counts = new WeakMap<Socket, Unsent>()

/**
 * Replaces `destroy`, once for a connection: to do and undo that for each response would make the socket slow for Node, too.
 */
export function countUnsent(socket: Socket): Unsent {
  const known = counts.get(socket)
  if (known !== undefined) return known
  const unsent: { bytes: number | undefined } = { bytes: undefined }
  counts.set(socket, unsent)
  const destroy = socket.destroy.bind(socket)
  socket.destroy = error => {
    if (error === undefined && !socket.destroyed) unsent.bytes = queueSize(socket)
    return destroy(error)
  }
  return unsent
}

/** Bytes that the handle of `socket` has not given to the operating system. Node has no public name for it. */
function queueSize(socket: Socket): number | undefined {
  const { _handle: handle } = socket as { readonly _handle?: { readonly writeQueueSize?: unknown } | null }
  return typeof handle?.writeQueueSize === 'number' ? handle.writeQueueSize : undefined
}
