/** Links that no proxy and no store can serve: this process counts their listeners. */
import type { ServedRequest } from '../respond'

/**
 * Whether a body takes a use or a place, or begins a session. A proxy evaluates conditions and ranges by itself, so only a
 * response of this process is known to have a body, and to end. All its responses have one set of validators, too.
 */
export function isCounted({ granted }: ServedRequest): boolean {
  return granted?.guard.countsBodies(granted.link.grant) === true
}
