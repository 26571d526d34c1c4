/** What a request must be before its signature is looked at: GET or HEAD, with an id that may name a track. */
import { StreamError } from '../errors'
import { isTrackId } from '../track-id'
import type { Observer } from './observer'
import type { StreamRequest } from './stream-request'

/** The method of `req`, or the refusal `METHOD_NOT_ALLOWED` of any other than GET and HEAD. */
export function checkMethod(req: StreamRequest, observer: Observer): 'GET' | 'HEAD' | StreamError {
  if (req.method === 'GET' || req.method === 'HEAD') return req.method
  return observer.refusal(req, new StreamError('METHOD_NOT_ALLOWED', { headers: { Allow: 'GET, HEAD' } }))
}

/** `claim` if it may name a track, or the refusal `INVALID_ID` of `req`. */
export function checkId(req: StreamRequest, claim: unknown, observer: Observer): string | StreamError {
  return isTrackId(claim) ? claim : observer.refusal(req, new StreamError('INVALID_ID'))
}
