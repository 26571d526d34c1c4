/** Placeholder until merged. */
import Negotiator from 'negotiator'
export function prefersJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '*/*' || accept.length > 1024) return false
  const preferred = new Negotiator({ headers: { accept } }).mediaType([
    'text/plain',
    'application/problem+json',
    'application/json',
  ])
  return preferred?.endsWith('json') === true
}
