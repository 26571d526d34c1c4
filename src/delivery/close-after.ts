/** Closes a connection after the response that is in progress on it, so that the client's next request goes elsewhere. */
import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { isHttp2 } from './transport'

/** Called when a response has its turn, before or after its head is written. May be called twice. */
export function closeAfter(res: ServerResponse): void {
  if (isHttp2(res)) {
    const { session } = res.stream
    // Other streams of the session may finish (RFC 9113, section 6.8).
    res.once('close', () => {
      session?.close()
    })
    return
  }
  const { socket } = res
  if (!(socket instanceof Socket)) return
  if (!res.headersSent) res.setHeader('Connection', 'close')
  res.once('close', () => {
    if (!isTaken(socket)) socket.destroySoon()
  })
}

/** Whether the next pipelined response has its turn already. Node has no public name for it. */
function isTaken(socket: Socket): boolean {
  const { _httpMessage: message } = socket as { readonly _httpMessage?: unknown }
  return message !== undefined && message !== null
}
