/**
 * What HTTP/1.1 and HTTP/2 do differently while a body is sent. A foreign host may bring a socket that is none, or a
 * response that has no socket at all, so every property of it may be missing.
 */
import { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import { countUnsent, type Unsent } from './unsent'

export interface Transport {
  /** Bytes that one write may hand over. */
  readonly maxWrite: number
  /** Whether a host stands in for the connection: its `finish` may come within `end`, its `close` never. */
  readonly isForeign: boolean
  /** Whether the operating system has taken all that was written. */
  isTaken(): boolean
  /** Asked after `end`: whether nothing is left to be written. */
  isFlushed(): boolean
  /** Calls `listener` once, when more may be written. */
  onceDrained(listener: () => void): void
  /** Asked when the response emits `finish`: whether that is true, or the connection gave up what was left. */
  hasSent(): boolean
  /** Whether nothing stands between us and the connection that may keep what is written, such as an app's recorder. */
  isDirect(): boolean
  /** Asked when the response has closed early: whether this process closed it, rather than the client. */
  isClosedHere(): boolean
  /** Called once, before the first wait. Calls `onStall` when the client takes nothing for `timeout` milliseconds. */
  watch(timeout: number, onStall: () => void): void
  /** Asked when the response has closed early: bytes handed over that did not leave this process; undefined if unknown. */
  bytesLeft(): number | undefined
  /** Closes an incomplete response, so that the client sees an error. The response must have a listener for `error`. */
  abort(): void
  /** As `abort`, but what the operating system still holds for the client is discarded, as far as that is possible. */
  cut(): void
}

export function transportOf(res: ServerResponse): Transport {
  return isHttp2(res) ? new Http2Transport(res) : new SocketTransport(res)
}

/** As much of a socket as is used; a host's own may lack any of it. */
type LooseSocket = Partial<NonNullable<ServerResponse['socket']>>

class SocketTransport implements Transport {
  readonly maxWrite = Infinity
  readonly isForeign: boolean
  readonly #res: ServerResponse
  readonly #socket: LooseSocket | null | undefined
  #unsent: Unsent | undefined

  constructor(res: ServerResponse) {
    this.#res = res
    this.#socket = res.socket
    this.isForeign = !(res.socket instanceof Socket)
  }

  isTaken(): boolean {
    return this.#res.writableLength === 0 && this.hasSent()
  }

  /** `writableFinished` says so too, but from Node 24 on only in a later tick, for which a response would have to wait. */
  isFlushed(): boolean {
    return this.isForeign ? this.#res.writableFinished : this.#res.writableLength === 0
  }

  onceDrained(listener: () => void): void {
    const res = this.#res
    const socket = this.#socket
    if (!this.isForeign || typeof socket?.once !== 'function') {
      res.once('drain', listener)
      return
    }
    // Node's server passes the event on from the socket; a host that made the response itself may not.
    function onDrain(): void {
      res.off('drain', onDrain)
      socket?.off?.('drain', onDrain)
      listener()
    }
    res.once('drain', onDrain)
    socket.once('drain', onDrain)
  }

  hasSent(): boolean {
    const socket = this.#socket
    // Node emits `finish` also when a destroyed socket gives up what it still had to send.
    return !(socket?.destroyed ?? false) && !(socket?.errored ?? false)
  }

  isDirect(): boolean {
    const res = this.#res
    return res.write === ServerResponse.prototype.write && res.end === ServerResponse.prototype.end
  }

  isClosedHere(): boolean {
    const { readableEnded = false, errored } = this.#socket ?? {}
    return !this.isForeign && !readableEnded && (!errored || isCanceledWrite(errored))
  }

  watch(timeout: number, onStall: () => void): void {
    const socket = this.#socket
    if (this.isForeign || !(socket instanceof Socket)) return
    this.#unsent = countUnsent(socket)
    if (timeout === 0) return
    // The socket's own time-out sees progress inside a chunk. Node sets its keep-alive time-out after `finish`.
    const former = socket.timeout ?? 0
    this.#res.prependOnceListener('finish', () => {
      socket.setTimeout(former)
    })
    this.#res.setTimeout(timeout, onStall)
  }

  bytesLeft(): number | undefined {
    return this.#unsent?.bytes
  }

  abort(): void {
    if (this.isForeign) abortForeign(this.#res)
    else this.#res.destroy()
  }

  cut(): void {
    const socket = this.#socket
    if (isPlainTcp(socket)) socket.resetAndDestroy()
    else this.abort()
  }
}

/** Whether the socket can be reset: over TLS and a local socket, Node throws. */
function isPlainTcp(socket: unknown): socket is Socket {
  return (
    socket instanceof Socket &&
    !('encrypted' in socket) &&
    !socket.destroyed &&
    socket.remoteFamily !== undefined
  )
}

/** A serverless adapter waits for `finish` or `error`, and its socket's `destroy` may be nothing, or missing. */
function abortForeign(res: ServerResponse): void {
  try {
    res.destroy()
  } catch {
    // There is nothing to destroy; the error below says what there is to say.
  }
  if (res.listenerCount('error') > 0) res.emit('error', new Error('The response ended before its last byte'))
}

/** NGHTTP2_INTERNAL_ERROR (RFC 9113, section 7). */
const INTERNAL_ERROR = 2

/**
 * Node buffers at most 10 MB for all streams of a session and refuses streams beyond it, so that a dozen waiting
 * writes of a MiB would shut out every other stream of the connection.
 */
const MAX_HTTP2_WRITE = 64 * 1024

/** From Node 24 on, a socket that is closed while a write is pending has this error; a client cannot cause it. */
function isCanceledWrite(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'ECANCELED'
}

class Http2Transport implements Transport {
  readonly maxWrite = MAX_HTTP2_WRITE
  readonly isForeign = false
  readonly #res: Http2ServerResponse
  #isClosedHere = false

  constructor(res: Http2ServerResponse) {
    this.#res = res
    const { stream } = res
    const destroy = stream.destroy.bind(stream)
    // Node's own resets the stream with NO_ERROR, which a client takes for the end of a whole body.
    stream.destroy = error => {
      if (!stream.destroyed && !stream.closed && !res.writableEnded && !isReset(stream)) this.abort()
      return destroy(error)
    }
  }

  isTaken(): boolean {
    return this.#res.writableLength === 0 && !this.#res.stream.destroyed
  }

  isFlushed(): boolean {
    return this.#res.writableFinished
  }

  onceDrained(listener: () => void): void {
    this.#res.once('drain', listener)
  }

  hasSent(): boolean {
    return this.#res.writableFinished
  }

  isDirect(): boolean {
    const res = this.#res
    const { prototype } = res.constructor as unknown as { prototype: Partial<Http2ServerResponse> }
    return res.write === prototype.write && res.end === prototype.end
  }

  isClosedHere(): boolean {
    return this.#isClosedHere
  }

  watch(timeout: number, onStall: () => void): void {
    if (timeout > 0) this.#res.setTimeout(timeout, onStall)
  }

  bytesLeft(): undefined {
    return undefined
  }

  abort(): void {
    this.#isClosedHere = true
    this.#res.stream.close(INTERNAL_ERROR)
  }

  cut(): void {
    this.abort()
  }
}

/** Whether the connection of `stream` failed, so that nobody here destroys it. */
function isReset({ session }: Http2ServerResponse['stream']): boolean {
  // Node forbids some properties of this socket, but not this one.
  return session?.destroyed === true && Boolean(session.socket.errored)
}

/** Whether nobody waits for the response any more. Node's own for HTTP/2 has no `destroyed`. */
export function isClosed(res: ServerResponse | Http2ServerResponse): boolean {
  return isHttp2(res) ? res.stream.destroyed || res.stream.closed : res.destroyed
}

export function isHttp2(res: ServerResponse | Http2ServerResponse): res is Http2ServerResponse {
  return (
    'stream' in res && typeof (res.stream as Partial<typeof res.stream> | undefined)?.close === 'function'
  )
}
