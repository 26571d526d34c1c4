/** Refuses a request whose id could not name a track. */
import { StreamError } from '../errors'
import { isTrackId } from '../track-id'
import { claimedId, type StreamMiddleware, type StreamRequest } from './handler'
import { createObserver, type Observer } from './observer'

/** `claim` where it may name a track, or the refusal `INVALID_ID` of `req`. */
export function judgeId(req: StreamRequest, claim: unknown, observer: Observer): string | StreamError {
  return isTrackId(claim) ? claim : observer.refusal(req, new StreamError('INVALID_ID'))
}

/**
 * Makes a middleware that lets only valid track ids pass: 1 to 512 letters, marks and digits of any
 * script, `_` and `-`.
 * The id is `req.params.id`, or the last segment of the path where the route names no `id`.
 *
 * Hands `next` a {@link StreamError} with the code `INVALID_ID` (400) otherwise.
 *
 * @example
 * app.get('/stream/:id', validateId(), requireSignedUrl({ secret }), rangeStream({ dir: 'audio' }))
 */
export function validateId(): StreamMiddleware {
  const observer = createObserver(undefined)

  return function validateIdMiddleware(req, _res, next) {
    const id = judgeId(req, claimedId(req), observer)
    if (id instanceof StreamError) next(id)
    else next()
  }
}
