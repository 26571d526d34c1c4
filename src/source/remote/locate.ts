/** Asks a source where a track is. */
import { isThenable } from '../../callbacks'
import type { Grant } from '../../signing/link-verifier'
import type { Cancellation, TrackRequest } from '../source'
import type { LocateContext, MaybePromise, TrackLocation, TrackSource } from '../track-source'
import { linkAbort } from './link-abort'
import { readLocation } from './source-track'

/**
 * @returns undefined if there is no such track
 * @throws what the source throws, or WrongAnswer; thrown, or as a rejection
 */
export function locate(
  source: TrackSource,
  id: string,
  context: Locating,
): MaybePromise<TrackLocation | undefined> {
  if (source.locate === undefined) return { key: id }
  const location = source.locate(id, context)
  return isThenable(location) ? Promise.resolve(location).then(readAnswer) : readAnswer(location)
}

/** JavaScript may say null for what does not exist. */
function readAnswer(location: TrackLocation | null | undefined): TrackLocation | undefined {
  return location === undefined || location === null ? undefined : readLocation(location)
}

/** What the source gets besides the id; it has a signal only for those who read it. */
export class Locating implements LocateContext {
  readonly grant: Grant | undefined
  readonly #cancellation: Cancellation
  #abort: AbortController | undefined

  constructor({ grant }: TrackRequest, cancellation: Cancellation) {
    this.grant = grant
    this.#cancellation = cancellation
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      linkAbort(this.#cancellation.signal, this.#abort)
    }
    return this.#abort.signal
  }

  /** Called when the time is up. */
  abort(reason: Error): void {
    this.#abort?.abort(reason)
  }
}
