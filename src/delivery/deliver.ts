/** Writes a plan to a response: never more bytes than promised, and never the last one of a body that is not whole. */
import { AsyncResource } from 'node:async_hooks'
import { ServerResponse } from 'node:http'
import type { StreamOutcome } from '../events'
import { segmentLength } from '../http/multipart'
import type { ResponsePlan } from '../http/response-plan'
import { SourceFault, type OpenTrack } from '../source/source'
import { SegmentReader } from './segment-reader'
import { watchStall } from './watch-stall'

export interface DeliveryResult {
  readonly outcome: StreamOutcome
  /** Body bytes that the operating system took. */
  readonly bytesSent: number
  readonly cause?: unknown
}

export interface DeliverySettings {
  /** Milliseconds without progress after which a reader is cut; 0 for never. */
  readonly stallTimeout: number
  /** Told once, when the head is written, or before `onEnd` where none is; so never without `onEnd` after it. */
  readonly onStart: (hasHead: boolean) => void
  /** Told once, when the response has ended. */
  readonly onEnd: (result: DeliveryResult) => void
  /** Told instead, where the first chunk cannot be read: nothing is written yet, so another answer can be. */
  readonly onFault: (error: unknown) => void
}

/**
 * Writes `plan` to `res`, which must have its socket. Events drive it, not promises: a response whose bytes are in
 * memory is written whole before this returns.
 */
export function deliver(
  res: ServerResponse,
  plan: Extract<ResponsePlan, { kind: 'send' }>,
  track: OpenTrack,
  settings: DeliverySettings,
): void {
  new Delivery(res, plan, track, settings).begin()
}

class Delivery {
  readonly #res: ServerResponse
  readonly #plan: Extract<ResponsePlan, { kind: 'send' }>
  readonly #settings: DeliverySettings
  readonly #reader: SegmentReader
  readonly #abort = new AbortController()
  readonly #total: number
  #handedOver = 0
  #bytesSent = 0
  #hasStarted = false
  #isHeard = false
  #isWatched = false
  #isSent = false
  #isClosed = false
  #outcome: StreamOutcome = 'client_abort'
  #cause: unknown

  constructor(
    res: ServerResponse,
    plan: Extract<ResponsePlan, { kind: 'send' }>,
    track: OpenTrack,
    settings: DeliverySettings,
  ) {
    this.#res = res
    this.#plan = plan
    this.#settings = settings
    this.#reader = new SegmentReader(track, plan.body, this.#abort)
    this.#total = plan.body.reduce((sum, segment) => sum + segmentLength(segment), 0)
  }

  begin(): void {
    try {
      const chunk = this.#reader.next(false)
      if (chunk instanceof Promise) {
        this.#listen()
        chunk
          .then(read => {
            this.#start(read)
          })
          .catch((error: unknown) => {
            this.#refuse(error)
          })
      } else {
        this.#start(chunk)
      }
    } catch (error) {
      this.#refuse(error)
    }
  }

  #start(chunk: Uint8Array | undefined): void {
    if (this.#isClosed) return
    if (this.#res.headersSent) {
      // Somebody else has answered, a time-out of the app for example.
      this.#close()
      return
    }
    this.#res.writeHead(this.#plan.status, this.#plan.headers)
    this.#hasStarted = true
    this.#settings.onStart(true)
    this.#write(chunk)
  }

  #refuse(error: unknown): void {
    if (this.#isClosed) return
    if (this.#res.headersSent) {
      this.#fail(error)
      return
    }
    this.#isClosed = true
    this.#reader.close()
    this.#settings.onFault(error)
  }

  #write(first: Uint8Array | undefined): void {
    const res = this.#res
    const { socket } = res
    let chunk = first
    while (chunk !== undefined && this.#handedOver + chunk.length < this.#total) {
      this.#handedOver += chunk.length
      // Node would keep it until the end of the tick.
      res.cork()
      const hasRoom = res.write(chunk)
      res.uncork()
      const isTaken = res.writableLength === 0 && isIntact(socket)
      if (isTaken) {
        this.#confirm()
      } else if (!hasRoom) {
        this.#listen()
        this.#watch()
        res.once('drain', () => {
          this.#confirm()
          this.#pull()
        })
        return
      }
      const next = this.#reader.next(isTaken && isUnwrapped(res))
      if (next instanceof Promise) {
        this.#listen()
        this.#await(next)
        return
      }
      chunk = next
    }
    res.end(chunk)
    if (res.writableFinished) {
      // What is in memory is mostly taken at once: there is nothing left to wait for.
      this.#isSent = isIntact(socket)
      if (this.#isSent) this.#close()
    } else {
      // Before Node takes the socket away. It tells of a finish also where a destroyed socket gives up what it has; a
      // stream of HTTP/2 tells the truth, but has been destroyed by then.
      res.prependOnceListener('finish', () => {
        this.#isSent = res.req.httpVersionMajor > 1 ? res.writableFinished : isIntact(socket)
      })
      this.#watch()
    }
    this.#listen()
  }

  /** Called when the operating system has taken all that was written. */
  #confirm(): void {
    this.#bytesSent = this.#handedOver
    this.#recycle()
  }

  /** Called before the response outlives the call that began it: from then on it may end without us. */
  #listen(): void {
    if (this.#isHeard || this.#isClosed) return
    this.#isHeard = true
    // A socket's events come in the context of the connection: logs and traces want that of the request.
    const context = new AsyncResource('StreamResponse')
    this.#res.once('close', () => {
      context.runInAsyncScope(() => {
        this.#close()
      })
    })
  }

  #pull(): void {
    if (this.#isClosed) return
    try {
      const next = this.#reader.next(false)
      if (next instanceof Promise) this.#await(next)
      else this.#write(next)
    } catch (error) {
      this.#fail(error)
    }
  }

  #await(next: Promise<Uint8Array | undefined>): void {
    next
      .then(chunk => {
        if (!this.#isClosed) this.#write(chunk)
      })
      .catch((error: unknown) => {
        this.#fail(error)
      })
  }

  #recycle(): void {
    if (isUnwrapped(this.#res)) this.#reader.recycle()
  }

  /** Ends the connection, so that no client takes what it has for the whole. */
  #fail(error: unknown): void {
    if (this.#isClosed) return
    const isNamed = error instanceof SourceFault && error.kind !== 'unavailable'
    this.#outcome = isNamed ? error.kind : 'read_error'
    this.#cause = isNamed ? error.cause : error
    this.#listen()
    this.#res.destroy()
  }

  #watch(): void {
    if (this.#isWatched) return
    this.#isWatched = true
    watchStall(this.#res, this.#settings.stallTimeout, () => {
      this.#outcome = 'stalled'
      this.#res.destroy()
    })
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#isSent) this.#recycle()
    this.#reader.close()
    if (!this.#hasStarted) this.#settings.onStart(false)
    if (this.#isSent) {
      this.#settings.onEnd({ outcome: 'complete', bytesSent: this.#total })
    } else {
      this.#abort.abort()
      this.#settings.onEnd({ outcome: this.#outcome, bytesSent: this.#bytesSent, cause: this.#cause })
    }
  }
}

/** Whether what was written to `socket` is in the hands of the operating system, rather than given up. */
function isIntact(socket: ServerResponse['socket']): boolean {
  return socket !== null && !socket.destroyed && !socket.errored
}

/** Whether nobody stands between us and the connection who may keep what is written, a recorder or a cache of the app. */
function isUnwrapped(res: ServerResponse): boolean {
  return res.write === ServerResponse.prototype.write && res.end === ServerResponse.prototype.end
}
