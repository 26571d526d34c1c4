/** One granted stream, from its turn on its connection until its response has ended or is refused. */
import type { ServerResponse } from 'node:http'
import type { EndOutcome } from '../delivery/deliver'
import type { StreamError } from '../errors'
import type { StreamOutcome } from '../events'

/** How a stream left: by a response that has ended, or without one. */
export interface StreamEnd {
  readonly outcome: StreamOutcome
  readonly bytesSent: number
}

/** Ends what a stream does now: closes its response with `outcome`, or gives `refusal` while nothing is written. */
export type Ender = (outcome: EndOutcome, refusal: StreamError) => void

/** The step that works on the stream says how to end it; the last step says when it has ended. */
export class GrantedStream {
  readonly res: ServerResponse
  #onLeave: ((stream: GrantedStream, end: StreamEnd | undefined) => void) | undefined
  #ender: Ender | undefined
  #isEnded = false

  constructor(res: ServerResponse, onLeave: (stream: GrantedStream, end: StreamEnd | undefined) => void) {
    this.res = res
    this.#onLeave = onLeave
  }

  /** Called by each step that takes the stream over. */
  endBy(ender: Ender): void {
    this.#ender = ender
  }

  end(outcome: EndOutcome, refusal: StreamError): void {
    this.#ender?.(outcome, refusal)
    this.#isEnded = true
  }

  /** Whether it was ended, so that nothing may respond any more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** May be called twice. @param end of a response that served a track */
  leave(end?: StreamEnd): void {
    const onLeave = this.#onLeave
    this.#onLeave = undefined
    this.#ender = undefined
    onLeave?.(this, end)
  }
}
