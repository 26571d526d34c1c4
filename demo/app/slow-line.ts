/**
 * A slow line to a pretended device. The sockets and the browser of one machine take a short track within a moment, so there
 * would be no stream in progress to look at, or to end.
 */
import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { canPretendDevices } from './pretended-device'

const SLOW = /[?&]line=slow(?:&|$)/

/** Bytes that are sent at once, as to a player that fills its buffer: a block of the cache. */
const BURST = 1024 * 1024

/** Bytes. */
const PIECE = 16 * 1024

/** Milliseconds between two pieces: 128 KiB in a second. */
const INTERVAL = 125

/** @returns `res`, or what takes its place if the request has `line=slow` and may pretend a device */
export function overSlowLine(req: IncomingMessage, res: ServerResponse): ServerResponse {
  const { socket } = res
  if (socket === null || !SLOW.test(req.url ?? '') || !canPretendDevices(req)) return res
  const slow = new ServerResponse(req)
  slow.shouldKeepAlive = false
  for (const [name, value] of Object.entries(res.getHeaders())) {
    if (value !== undefined) slow.setHeader(name, value)
  }
  const line = createSlowLine(socket)
  // The package serves hosts whose sockets are none of Node's.
  slow.assignSocket(line as unknown as Socket)
  slow.once('finish', () => line.end())
  return slow
}

function createSlowLine(socket: Socket): Writable {
  const closed = new AbortController()
  let sent = 0
  async function send(chunk: Uint8Array): Promise<void> {
    for (let start = 0; start < chunk.length; start += PIECE) {
      const piece = chunk.subarray(start, start + PIECE)
      socket.write(piece)
      sent += piece.length
      // More than the head of the response, which comes before.
      if (sent > BURST + PIECE) await delay(INTERVAL, undefined, { signal: closed.signal })
    }
  }

  const line = new Writable({
    write(chunk: Uint8Array, _encoding, callback) {
      send(chunk).then(() => {
        callback()
      }, callback)
    },
    final(callback) {
      socket.end(callback)
    },
    destroy(error, callback) {
      closed.abort()
      if (!line.writableFinished) socket.destroy()
      callback(error)
    },
  })
  // A client that leaves is an error of a pending write.
  line.on('error', () => undefined)
  socket.once('close', () => line.destroy())
  return line
}
