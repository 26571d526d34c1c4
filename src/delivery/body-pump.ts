/** Moves a body into a response, no faster than the client takes it, and never a byte more than was promised. */
import type { ServerResponse } from 'node:http'
import { SourceError, type TrackReader } from '../source/source'
import type { Transport } from './transport'

type Chunk = Uint8Array | undefined

/** Something else in this process ended the response while its body was being sent. */
export class ResponseTaken extends Error {}

export interface BodyPumpHooks {
  /** Called before the pump waits for the first time: from then on the response may end without it. */
  onWait(): void
  /** Called once, before the last bytes are handed over. */
  onLast(): void
  /** Called once, when they were; the pump has ended. */
  onEnd(): void
  /** Called once, when the rest cannot be read or written; the pump has stopped. */
  onFault(error: unknown): void
}

/**
 * - `idle`: waits for neither the source nor the client
 * - `reading`: waits for the source
 * - `draining`: waits for the client
 * - `ended`: handed everything over
 * - `stopped`: gave up, by a fault or by {@link BodyPump.stop}
 *
 * Only the pump itself moves between the first three; nothing leaves the last two.
 */
type State = 'idle' | 'reading' | 'draining' | 'ended' | 'stopped'

export class BodyPump {
  readonly #res: ServerResponse
  readonly #transport: Transport
  readonly #reader: TrackReader
  readonly #total: number
  readonly #hooks: BodyPumpHooks
  #state: State = 'idle'
  #handedOver = 0
  /** Of these, what the operating system is known to have taken. */
  #confirmed = 0
  /** What is left of the last chunk, when one write may not take all of it. */
  #rest: Chunk

  /** @param total bytes of the whole body */
  constructor(
    res: ServerResponse,
    transport: Transport,
    reader: TrackReader,
    total: number,
    hooks: BodyPumpHooks,
  ) {
    this.#res = res
    this.#transport = transport
    this.#reader = reader
    this.#total = total
    this.#hooks = hooks
  }

  /**
   * Body bytes that the operating system took.
   *
   * @param left bytes handed over that it did not take; undefined if nobody knows
   */
  bytesTaken(left: number | undefined): number {
    return left === undefined ? this.#confirmed : Math.max(this.#confirmed, this.#handedOver - left)
  }

  /** Writes `first` and the chunks after it. Never throws. */
  run(first: Chunk): void {
    this.#guard(() => {
      this.#write(first)
    })
  }

  /** Writes no further chunk. May be called at any time, also twice. */
  stop(): void {
    if (this.#state !== 'ended') this.#state = 'stopped'
  }

  /** Called when the response has been sent whole. */
  confirmAll(): void {
    this.#confirmed = this.#total
    this.#recycle()
  }

  #write(first: Chunk): void {
    const res = this.#res
    const { maxWrite } = this.#transport
    let chunk = first
    while (chunk !== undefined) {
      const piece = chunk.length > maxWrite ? chunk.subarray(0, maxWrite) : chunk
      this.#rest = piece.length < chunk.length ? chunk.subarray(piece.length) : undefined
      this.#handedOver += piece.length
      if (this.#handedOver > this.#total)
        throw new SourceError('read_error', { cause: new Error('More bytes than the size') })
      if (this.#handedOver === this.#total) {
        this.#finish(piece)
        return
      }
      if (res.writableEnded) throw new ResponseTaken('Something else has ended the response')
      const mustWait = this.#hand(piece)
      const isTaken = this.#transport.isTaken()
      if (isTaken) this.#confirm()
      const isDirect = this.#transport.isDirect()
      // What an app put between may be full although the connection is empty.
      if (mustWait && !(isTaken && isDirect)) {
        this.#drain()
        return
      }
      const next = this.#rest ?? this.#reader.next(isTaken && isDirect)
      if (next instanceof Promise) {
        this.#await(next)
        return
      }
      chunk = next
    }
    if (this.#handedOver < this.#total) throw new SourceError('truncated')
    this.#finish(undefined)
  }

  /** @returns whether nothing more may be written before `drain` */
  #hand(piece: Uint8Array): boolean {
    const res = this.#res
    // What stands in for a connection may give nothing back, and emits no `drain` then.
    if (this.#transport.isForeign) return (res.write(piece) as boolean | undefined) === false
    // Node would keep it until the end of the tick.
    res.cork()
    const hasRoom = res.write(piece) as boolean | undefined
    res.uncork()
    return hasRoom === undefined ? res.writableNeedDrain : !hasRoom
  }

  #finish(last: Chunk): void {
    this.#hooks.onLast()
    this.#res.end(last)
    this.#state = 'ended'
    this.#hooks.onEnd()
  }

  #drain(): void {
    this.#state = 'draining'
    this.#hooks.onWait()
    this.#transport.onceDrained(() => {
      if (this.#state !== 'draining') return
      this.#guard(() => {
        this.#state = 'idle'
        this.#confirm()
        const next = this.#rest ?? this.#reader.next(false)
        if (next instanceof Promise) this.#await(next)
        else this.#write(next)
      })
    })
  }

  #await(next: Promise<Chunk>): void {
    this.#state = 'reading'
    this.#hooks.onWait()
    next.then(
      chunk => {
        if (this.#state !== 'reading') return
        this.#state = 'idle'
        this.run(chunk)
      },
      (error: unknown) => {
        this.#fail(error)
      },
    )
  }

  #confirm(): void {
    this.#confirmed = this.#handedOver
    if (this.#rest === undefined) this.#recycle()
  }

  #recycle(): void {
    if (this.#transport.isDirect()) this.#reader.recycle()
  }

  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#state === 'ended' || this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#hooks.onFault(error)
  }
}
