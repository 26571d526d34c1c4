/** One granted stream, from its turn on its connection until its response has ended or is refused. */
import type { ServerResponse } from 'node:http'
import type { DeliveryControl, EndOutcome } from '../delivery/deliver'
import type { StreamError } from '../errors'
import type { StreamOutcome } from '../events'
import type { RosterEntry } from '../roster'

/** How a stream left: by a response that has ended, or without one. */
export interface StreamEnd {
  readonly outcome: StreamOutcome
  readonly bytesSent: number
}

/** What a stream does now, to be ended: by closing its response with `outcome`, or by `refusal` while nothing is written. */
export type Step = Pick<DeliveryControl, 'end'>

export interface GrantedStreamHooks {
  /** Called once, if at all: when the stream may be ended. Most are over before. */
  onWait(stream: GrantedStream): void
  /** Called once. */
  onLeave(stream: GrantedStream, end: StreamEnd | undefined): void
}

/** The step that works on the stream says how to end it; the last step says when it has ended. */
export class GrantedStream {
  readonly res: ServerResponse
  /** Among those that may be ended; undefined for most. */
  entry: RosterEntry<GrantedStream> | undefined
  readonly #release: () => void
  readonly #hooks: GrantedStreamHooks
  #hasLeft = false
  #step: Step | undefined
  #isEnded = false

  /** @param release ends that the stream counts for its client */
  constructor(res: ServerResponse, release: () => void, hooks: GrantedStreamHooks) {
    this.res = res
    this.#release = release
    this.#hooks = hooks
  }

  /** Called by each step that takes the stream over and lets other code run before it is done. */
  endBy(step: Step): void {
    if (this.#step === undefined) this.#hooks.onWait(this)
    this.#step = step
  }

  end(outcome: EndOutcome, refusal: StreamError): void {
    this.#step?.end(outcome, refusal, 'soon')
    this.#isEnded = true
  }

  /** Whether it was ended, so that nothing may respond any more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** May be called twice. @param end of a response that served a track */
  leave(end?: StreamEnd): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#step = undefined
    this.#release()
    this.#hooks.onLeave(this, end)
  }
}
