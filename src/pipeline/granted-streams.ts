/** The granted streams of one handler that are in progress: how many a client may have, and the drain that waits for all. */
import type { ServerResponse } from 'node:http'
import { closeAfter } from '../delivery/close-after'
import { StreamError } from '../errors'
import { describe, LONGEST_TIMER, rules } from '../option-rules'
import { optionError } from '../options'
import { Roster } from '../roster'
import { GrantedStream, type GrantedStreamHooks, type StreamEnd } from './granted-stream'
import { createAdmission, type Admission } from './admission'
import type { StreamRequest } from './stream-request'

export interface DrainOptions {
  /**
   * Milliseconds for streams in progress to finish.
   * @defaultValue 25000
   */
  readonly timeout?: number | undefined
}

/** How the streams ended that were in progress when a drain began. */
export interface DrainResult {
  /** Sent whole. */
  readonly finished: number
  /** Ended by their clients, because they stalled, or by a fault of the storage. */
  readonly left: number
  /** Disconnected when the time was up. */
  readonly ended: number
  /** Body bytes that those had sent. */
  readonly bytesOfEnded: number
}

export type Drain = (options?: DrainOptions) => Promise<DrainResult>

const DEFAULT_TIMEOUT = 25_000

/** Seconds, after which another process responds. */
const RETRY_AFTER = '2'

/**
 * - `serving`: streams may begin
 * - `draining`: none may, and those in progress may finish
 *
 * Only `drain` moves from the first to the second, and nothing moves back.
 */
type State = 'serving' | 'draining'

export class GrantedStreams implements GrantedStreamHooks {
  readonly #admit: Admission
  /** Those that may be ended; the others are over before the current call returns. */
  readonly #streams = new Roster<GrantedStream>()
  readonly #tally = { finished: 0, left: 0, ended: 0, bytesOfEnded: 0 }
  #state: State = 'serving'
  #drained: Promise<DrainResult> | undefined
  #onEmpty: (() => void) | undefined

  /** @param maxStreamsPerClient 0 for no limit */
  constructor(maxStreamsPerClient: number) {
    this.#admit = createAdmission(maxStreamsPerClient)
  }

  /** Called at the turn of a granted request. */
  enter(req: StreamRequest, res: ServerResponse): GrantedStream | StreamError {
    if (this.#state === 'draining') {
      closeAfter(res)
      return drainingError()
    }
    const release = this.#admit(req)
    if (release instanceof StreamError) return release
    return new GrantedStream(res, release, this)
  }

  /** @throws TypeError for a time-out that is not a number of milliseconds */
  drain({ timeout = DEFAULT_TIMEOUT }: DrainOptions = {}): Promise<DrainResult> {
    if (!rules.milliseconds.accepts(timeout)) {
      const problem = `must be ${rules.milliseconds.expected}, got ${describe(timeout)}`
      throw optionError(TypeError, 'drain', 'timeout', problem)
    }
    return (this.#drained ??= this.#drain(timeout))
  }

  async #drain(timeout: number): Promise<DrainResult> {
    this.#state = 'draining'
    for (const { res } of this.#streams.all()) closeAfter(res)
    await new Promise<void>(resolve => {
      const timer = setTimeout(
        () => {
          this.#endAll()
          resolve()
        },
        Math.min(timeout, LONGEST_TIMER),
      )
      this.#onEmpty = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.#streams.size === 0) this.#onEmpty()
    })
    return { ...this.#tally }
  }

  #endAll(): void {
    for (const stream of this.#streams.all()) stream.end('ended', drainingError())
  }

  onWait(stream: GrantedStream): void {
    stream.entry = this.#streams.add(stream)
    if (this.#state === 'draining') closeAfter(stream.res)
  }

  onLeave(stream: GrantedStream, end: StreamEnd | undefined): void {
    this.#streams.remove(stream.entry)
    if (this.#state === 'serving') return
    if (end?.outcome === 'ended') {
      this.#tally.ended += 1
      this.#tally.bytesOfEnded += end.bytesSent
    } else if (end !== undefined) {
      this.#tally[end.outcome === 'complete' || end.outcome === 'offloaded' ? 'finished' : 'left'] += 1
    }
    if (this.#streams.size === 0) this.#onEmpty?.()
  }
}

function drainingError(): StreamError {
  return new StreamError('DRAINING', { headers: { 'Retry-After': RETRY_AFTER } })
}
