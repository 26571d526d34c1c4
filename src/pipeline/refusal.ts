/** A refused request, as the steps return it: data, until a handler or middleware reports and writes it. */
import { ClockError } from '../clock'
import { StreamError, unavailable } from '../errors'
import type { PresentedTexts } from '../signing/query'
import { SourceError } from '../source/source'
import type { UsedLink } from './attribution'

/** What is known of a refused request. */
export interface RefusedRequest extends UsedLink {
  readonly id?: string
  readonly texts?: PresentedTexts
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
