/** What a request must be before its signature is looked at: GET or HEAD, at an address that may name a track. */
import { StreamError } from '../errors'
import { readTrackAddress, type TrackAddress } from '../track-address'
import { Refusal } from './refusal'
import type { StreamRequest } from './stream-request'

export function checkMethod({ method }: StreamRequest): 'GET' | 'HEAD' | Refusal {
  if (method === 'GET' || method === 'HEAD') return method
  return new Refusal(new StreamError('METHOD_NOT_ALLOWED', { headers: { Allow: 'GET, HEAD' } }))
}

export function checkAddress(claim: unknown): TrackAddress | Refusal {
  return readTrackAddress(claim) ?? new Refusal(new StreamError('INVALID_ID'))
}
