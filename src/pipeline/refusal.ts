/** A refused request, as the steps return it: data, until a handler or middleware reports and writes it. */
import { ClockError } from '../clock'
import { StreamError, unavailable } from '../errors'
import type { AuthenticLink } from '../signing/authenticate-link'
import type { PresentedTexts } from '../signing/query'
import { SourceError } from '../source/source'

/** What is known of a refused request. */
export interface RefusedRequest {
  readonly id?: string
  readonly texts?: PresentedTexts
  /** Of an authentic link. */
  readonly link?: AuthenticLink | undefined
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
  if (failure instanceof SourceError) return unavailable(failure.cause ?? failure, failure.retryAfter)
  return failure instanceof ClockError ? unavailable(failure) : undefined
}
