import type { TrackRequest } from '../../src/source/source'

/** A request as a source gets it, without a grant. */
export function requestFor(id: string, range?: string): TrackRequest {
  return { id, grant: undefined, range, startedAt: performance.now() }
}
