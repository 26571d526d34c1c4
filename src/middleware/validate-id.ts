/** Refuses a request whose id could not name a track. */
import { checkAddress } from '../pipeline/check-request'
import { createObserver } from '../pipeline/observer'
import { Refusal } from '../pipeline/refusal'
import { claimedId, keepId, type StreamMiddleware } from '../pipeline/stream-request'
import { createHandBack } from './hand-back'

/**
 * Makes a middleware that lets only valid track ids pass: 1 to 512 letters, marks and digits of any
 * script, `_` and `-`; after them, a dot and an extension of 1 to 16 ASCII letters and digits may follow.
 * The id is `req.params.id`, or the last segment of the path if the route names no `id`. Handlers after it find the id
 * alone in `req.params.id`.
 *
 * Passes a {@link StreamError} with the code `INVALID_ID` (400) to `next` otherwise.
 *
 * @example
 * app.get('/stream/:id', validateId(), requireSignedUrl({ secret }), rangeStream({ dir: 'audio' }))
 */
export function validateId(): StreamMiddleware {
  const handBack = createHandBack(createObserver(undefined))

  return function validateIdMiddleware(req, res, next) {
    const address = checkAddress(claimedId(req))
    if (address instanceof Refusal) {
      handBack.refuse(req, res, address, next)
      return
    }
    if (address.extension !== undefined) keepId(req, address.id)
    handBack.pass(req, res, next)
  }
}
