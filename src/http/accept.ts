/** Which format of a refusal a client prefers: text, or problem details (RFC 9110, section 12.5.1). */
import Negotiator from 'negotiator'
import { countsMoreThan } from './list'

/** The longest `Accept` of a browser has 150 characters and nine members. */
const MAX_LENGTH = 1024
/** Negotiator compares each member with each of our types. */
const MAX_MEMBERS = 32

const TEXT_FIRST = ['text/plain', 'application/problem+json', 'application/json']

/**
 * Whether the client prefers JSON to text. A field that is longer than any client needs counts as no preference:
 * Negotiator takes quadratic time on a quote that is never closed.
 *
 * @param accept the value of `Accept`; undefined when it is absent
 */
export function prefersJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '*/*') return false
  if (accept.length > MAX_LENGTH || countsMoreThan(accept, ',', MAX_MEMBERS - 1)) return false
  const preferred = new Negotiator({ headers: { accept } }).mediaType(TEXT_FIRST)
  return preferred?.endsWith('json') === true
}
