/** Writes a plan to a response, and reports once how that ended. */
import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { StreamError } from '../errors'
import type { StreamOutcome } from '../events'
import { bodyLength } from '../http/body'
import type { ResponsePlan } from '../http/response-plan'
import { SourceError, type Cancellation, type OpenTrack } from '../source/source'
import { BodyPump, ResponseTaken, type BodyPumpHooks } from './body-pump'
import { SegmentReader } from './segment-reader'
import { transportOf, type Transport } from './transport'
import { isWatched, writeHead } from './write-head'

export interface DeliveryResult {
  readonly outcome: StreamOutcome
  /** Body bytes that the operating system took. */
  readonly bytesSent: number
  readonly cause?: unknown
}

type DeliveryEnd = Omit<DeliveryResult, 'bytesSent'>

/** Why this package disconnects a client. */
export type EndOutcome = Extract<StreamOutcome, 'revoked' | 'displaced' | 'ended'>

/** Whether a client still gets what the operating system holds for it, so that `bytesSent` is what it receives. */
export type Pace = 'soon' | 'now'

/** A response in progress, for those who may end it. */
export interface DeliveryControl {
  /**
   * Disconnects the client, so that it does not take what it has for the whole; while nothing is written, `refusal` goes to
   * `onFault` instead. Does nothing once the response has ended.
   *
   * @param pace `now` discards what the operating system still holds for the client, as far as that is possible
   */
  end(outcome: EndOutcome, refusal: StreamError, pace: Pace): void
  /** Body bytes that the operating system is known to have taken. */
  bytesSent(): number
}

export interface DeliveryHooks {
  /** Called once, before the response lives on after the call that began it; most of those from memory do not. */
  onWait(): void
  /** Called once, after the head was written; always before `onEnd`. */
  onHead(): void
  /** Called once, when the response has ended, also when no head was written because the client left before. */
  onEnd(result: DeliveryResult): void
  /** Called in place of both when the first chunk cannot be read: nothing is written yet, so a refusal can be. */
  onFault(error: unknown): void
}

/**
 * - `opening`: the first chunk is being read; nothing is written, so a fault can still become a refusal
 * - `sending`: the head is written, the pump runs
 * - `flushing`: everything is handed over, and leaves this process
 * - `ended`: the end was reported, or the fault given back
 *
 * The states follow each other in this order; any of them may be followed by `ended`.
 */
type State = 'opening' | 'sending' | 'flushing' | 'ended'

/**
 * Writes `plan` to `res`, which must have its socket if it ever gets one. Events drive it, not promises: a response
 * whose bytes are in memory is written whole before `begin` returns. Never throws.
 */
export class Delivery implements DeliveryControl, BodyPumpHooks {
  readonly #res: ServerResponse
  readonly #plan: Extract<ResponsePlan, { kind: 'send' }>
  readonly #stallTimeout: number
  readonly #hooks: DeliveryHooks
  readonly #transport: Transport
  readonly #reader: SegmentReader
  readonly #pump: BodyPump
  readonly #isWatched: boolean
  #state: State = 'opening'
  /** Of the request: a socket's events come in that of the connection, and logs and traces want this one. */
  #context: AsyncResource | undefined
  #isWatching = false
  /** Why this process closes the response early, if it does. */
  #fault: DeliveryEnd | undefined

  /** @param stallTimeout milliseconds without progress after which a client is disconnected; 0 for never */
  constructor(
    res: ServerResponse,
    plan: Extract<ResponsePlan, { kind: 'send' }>,
    track: OpenTrack,
    cancellation: Cancellation,
    stallTimeout: number,
    hooks: DeliveryHooks,
  ) {
    this.#res = res
    this.#plan = plan
    this.#stallTimeout = stallTimeout
    this.#hooks = hooks
    this.#transport = transportOf(res)
    this.#isWatched = isWatched(res)
    this.#reader = new SegmentReader(track, plan.body, cancellation)
    this.#pump = new BodyPump(res, this.#transport, this.#reader, bodyLength(plan.body), this)
  }

  end(outcome: EndOutcome, refusal: StreamError, pace: Pace): void {
    if (this.#state === 'opening') this.#giveBack(refusal)
    else this.#abort({ outcome }, pace)
  }

  bytesSent(): number {
    return this.#pump.bytesTaken(undefined)
  }

  onWait(): void {
    this.#listen()
    this.#watch()
  }

  onLast(): void {
    if (this.#transport.isForeign) this.#awaitFinish()
  }

  onEnd(): void {
    this.#flush()
  }

  onFault(error: unknown): void {
    this.#abort(endOf(error))
  }

  begin(): void {
    try {
      const chunk = this.#reader.next(false)
      if (!(chunk instanceof Promise)) {
        this.#send(chunk)
        return
      }
      this.#listen()
      chunk.then(
        first => {
          this.#send(first)
        },
        (error: unknown) => {
          this.#giveBack(error)
        },
      )
    } catch (error) {
      this.#giveBack(error)
    }
  }

  #send(first: Uint8Array | undefined): void {
    if (this.#state !== 'opening') return
    if (this.#res.headersSent) {
      // Something else has responded meanwhile, such as a time-out of the app.
      this.#end({ outcome: 'server_abort' })
      return
    }
    try {
      writeHead(this.#res, this.#plan.status, this.#plan.headers, this.#isWatched)
    } catch (error) {
      this.#giveBack(error)
      return
    }
    this.#state = 'sending'
    this.#hooks.onHead()
    // A subscriber may have ended it.
    if (this.#isSending()) this.#pump.run(first)
  }

  #isSending(): boolean {
    return this.#state === 'sending'
  }

  #giveBack(error: unknown): void {
    if (this.#state !== 'opening') return
    this.#state = 'ended'
    this.#reader.close()
    this.#hooks.onFault(error)
  }

  #flush(): void {
    if (this.#state !== 'sending') return
    this.#state = 'flushing'
    if (!this.#transport.isFlushed()) {
      this.#listen()
      this.#watch()
      if (!this.#transport.isForeign) this.#awaitFinish()
    } else if (this.#transport.hasSent()) {
      // What is in memory is mostly taken at once: there is nothing left to wait for.
      this.#end({ outcome: 'complete' })
    } else {
      this.#listen()
    }
  }

  /** Before other listeners, and before Node takes the socket away. */
  #awaitFinish(): void {
    this.#res.prependOnceListener('finish', () => {
      if (this.#transport.hasSent()) this.#end({ outcome: 'complete' })
    })
  }

  /** Closes the response before its last byte, so that no client takes what it has for the whole. */
  #abort(end: DeliveryEnd, pace: Pace = 'soon'): void {
    if (this.#state === 'ended') return
    this.#listen()
    this.#fault = end
    this.#pump.stop()
    if (pace === 'now') this.#transport.cut()
    else this.#transport.abort()
    // Not every host emits `close`.
    this.#end(end)
  }

  /** Called before the response lives on without us. */
  #listen(): void {
    if (this.#context !== undefined || this.#state === 'ended') return
    this.#context = new AsyncResource('StreamResponse')
    this.#hooks.onWait()
    this.#res.once('close', () => {
      const outcome = this.#transport.isClosedHere() ? 'server_abort' : 'client_abort'
      this.#end(this.#fault ?? { outcome })
    })
    // Without a listener, an error that a host's response emits would end the process.
    this.#res.on('error', (cause: unknown) => {
      this.#end(this.#fault ?? { outcome: 'client_abort', cause })
    })
  }

  #watch(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    this.#transport.watch(this.#stallTimeout, () => {
      this.#abort({ outcome: 'stalled' })
    })
  }

  #end(end: DeliveryEnd): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#pump.stop()
    if (end.outcome === 'complete') this.#pump.confirmAll()
    this.#reader.close()
    if (this.#context === undefined) this.#report(end)
    else this.#context.runInAsyncScope(this.#report, this, end)
  }

  #report({ outcome, cause }: DeliveryEnd): void {
    this.#hooks.onEnd({ outcome, cause, bytesSent: this.#pump.bytesTaken(this.#transport.bytesLeft()) })
  }
}

/** What a fault below is called once the head is written. */
function endOf(error: unknown): DeliveryEnd {
  if (error instanceof ResponseTaken) return { outcome: 'server_abort' }
  const isNamed = error instanceof SourceError && error.kind !== 'unavailable'
  return isNamed ? { outcome: error.kind, cause: error.cause } : { outcome: 'read_error', cause: error }
}
