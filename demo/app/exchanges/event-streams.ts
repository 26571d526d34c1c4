/**
 * Open event streams (text/event-stream), one for each page. Their number is limited, in all and for one client, and so
 * are the bytes that a page leaves unread.
 */
import type { ServerResponse } from 'node:http'

export interface EventStreams {
  has(page: string): boolean
  /** Sends an event with JSON; drops it if the page has no stream, or reads too slowly. */
  send(page: string, event: string, data: object): void
  /** Responds with an event stream; with 429 if there are too many, with 503 after `close`. */
  open(page: string, res: ServerResponse, client: string): void
  /** The pages that have a stream. */
  pages(): readonly string[]
  /** Ends the stream of a page, which has another one elsewhere. */
  end(page: string): void
  /** Ends every stream and opens no more, so that a drain can end. */
  close(): void
}

export interface EventStreamsOptions {
  /** @defaultValue 256 */
  readonly maxStreams?: number
  /** Of one client, which needs one for each visible window. @defaultValue 8 */
  readonly maxStreamsPerClient?: number
  /** Milliseconds between comments, without which proxies close a quiet stream. @defaultValue 15000 */
  readonly heartbeat?: number
  /** Called when a page has its stream, and when it has none any more. */
  readonly onChange?: (page: string, state: 'open' | 'closed') => void
}

/** Bytes that a page may leave unread before it misses events. */
const MAX_UNREAD = 65_536

/** Seconds. */
const RETRY_AFTER_TOO_MANY = 30
const RETRY_AFTER_CLOSED = 2

export function createEventStreams({
  maxStreams = 256,
  maxStreamsPerClient = 8,
  heartbeat = 15_000,
  onChange,
}: EventStreamsOptions = {}): EventStreams {
  const streams = new Map<string, ServerResponse>()
  /** The client of every response that has not closed, even if its page has another stream by now. */
  const granted = new Map<ServerResponse, string>()
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  function write(res: ServerResponse, text: string): void {
    if (res.writableLength < MAX_UNREAD) res.write(text)
  }

  function beat(): void {
    for (const res of streams.values()) write(res, ':\n\n')
  }

  function forget(page: string, res: ServerResponse): void {
    granted.delete(res)
    // A page that connected again has another stream by now.
    if (streams.get(page) === res) {
      streams.delete(page)
      onChange?.(page, 'closed')
    }
    if (streams.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function countOf(client: string): number {
    return Array.from(granted.values()).filter(each => each === client).length
  }

  /** Ends the page's previous stream, which then does not count any more. */
  function replace(page: string): void {
    const previous = streams.get(page)
    if (previous === undefined) return
    granted.delete(previous)
    // Unread bytes would keep it open.
    if (previous.writableLength > 0) previous.destroy()
    else previous.end()
  }

  function grant(page: string, res: ServerResponse, client: string): void {
    if (isClosed) {
      refuse(res, 503, RETRY_AFTER_CLOSED, 'The server is shutting down')
      return
    }
    replace(page)
    if (granted.size >= maxStreams || countOf(client) >= maxStreamsPerClient) {
      refuse(res, 429, RETRY_AFTER_TOO_MANY, 'Too many pages are watching')
      return
    }
    streams.set(page, res)
    granted.set(res, client)
    onChange?.(page, 'open')
    res.once('close', () => {
      forget(page, res)
    })
    res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      // Otherwise the browser decides how long the connection stays open after the end of the stream.
      Connection: 'close',
    })
    res.write('retry: 2000\nevent: open\ndata: {}\n\n')
    timer ??= setInterval(beat, heartbeat).unref()
  }

  return {
    has: page => streams.has(page),

    send(page, event, data) {
      const res = streams.get(page)
      if (res !== undefined) write(res, `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },

    open(page, res, client) {
      // A pipelined response gets its socket when its turn comes, which may be never. Until then, it does not count.
      if (res.socket !== null) grant(page, res, client)
      else {
        res.once('socket', () => {
          grant(page, res, client)
        })
      }
    },

    pages: () => Array.from(streams.keys()),

    end(page) {
      replace(page)
    },

    close() {
      isClosed = true
      for (const res of streams.values()) res.end()
    },
  }
}

function refuse(res: ServerResponse, status: 429 | 503, retryAfter: number, error: string): void {
  res.writeHead(status, {
    'Retry-After': String(retryAfter),
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  })
  res.end(JSON.stringify({ error }))
}
