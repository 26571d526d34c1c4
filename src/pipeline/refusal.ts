/** A request that is refused, as the steps give it back: data, until a packaging reports and writes it. */
import { ClockError } from '../clock'
import { StreamError, unavailable } from '../errors'
import type { GrantTexts } from '../signing/query'
import { SourceFault } from '../source/source'

/** What is known of a refused request. */
export interface RefusedRequest {
  readonly id?: string
  readonly texts?: GrantTexts
}

export class Refusal {
  readonly error: StreamError
  readonly known: RefusedRequest

  constructor(error: StreamError, known: RefusedRequest = {}) {
    this.error = error
    this.known = known
  }
}

/** The error that a client is shown for `failure`; undefined for a bug, or a fault of the app. */
export function toStreamError(failure: unknown): StreamError | undefined {
  if (failure instanceof StreamError) return failure
  if (failure instanceof SourceFault) return unavailable(failure.cause ?? failure)
  return failure instanceof ClockError ? unavailable(failure) : undefined
}
