/** Open event streams (text/event-stream), one for each page: bounded in number and in what waits to be read. */
import type { ServerResponse } from 'node:http'

export interface EventStreams {
  has(page: string): boolean
  /** Sends as JSON; nothing where the page is gone, or reads too slowly. */
  send(page: string, event: string, data: object): void
  /** Answers with a stream of events, or with 503 where there are too many. */
  open(page: string, res: ServerResponse): void
  /** Ends every stream and opens no more, so that a server can come to its end. */
  close(): void
}

export interface EventStreamsOptions {
  /** @defaultValue 256 */
  readonly maxStreams?: number
  /** Milliseconds between signs of life, without which proxies cut a quiet stream. @defaultValue 15000 */
  readonly heartbeat?: number
}

/** Bytes that a page may leave unread before it misses events. */
const MAX_UNREAD = 65_536

export function createEventStreams({
  maxStreams = 256,
  heartbeat = 15_000,
}: EventStreamsOptions = {}): EventStreams {
  const streams = new Map<string, ServerResponse>()
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  function write(res: ServerResponse, text: string): void {
    if (res.writableLength < MAX_UNREAD) res.write(text)
  }

  function beat(): void {
    for (const res of streams.values()) write(res, ':\n\n')
  }

  function forget(page: string, res: ServerResponse): void {
    // A page that has come back has another stream by now.
    if (streams.get(page) === res) streams.delete(page)
    if (streams.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  return {
    has: page => streams.has(page),

    send(page, event, data) {
      const res = streams.get(page)
      if (res !== undefined) write(res, `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },

    open(page, res) {
      const previous = streams.get(page)
      if (isClosed || (previous === undefined && streams.size >= maxStreams)) {
        res.writeHead(503, { 'Retry-After': '30', 'Content-Type': 'application/json; charset=utf-8' })
        res.end('{"error":"Too many pages are watching"}')
        return
      }
      previous?.end()
      streams.set(page, res)
      res.once('close', () => {
        forget(page, res)
      })
      res.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
        // Kept alive, it would be open for as long as the browser likes after the end.
        Connection: 'close',
      })
      res.write('retry: 2000\nevent: open\ndata: {}\n\n')
      timer ??= setInterval(beat, heartbeat).unref()
    },

    close() {
      isClosed = true
      for (const res of streams.values()) res.end()
    },
  }
}
