/** A middleware that serves tracks. */
import { StreamError } from '../errors'
import { grantedLink, hasTerms } from '../links/granted-link'
import { rules } from '../option-rules'
import { readOptions, withDefault, type OptionReaders } from '../options'
import { chooseSource } from '../pipeline/choose-source'
import { createObserver } from '../pipeline/observer'
import { chooseOffload } from '../pipeline/offload/choose-offload'
import { Refusal } from '../pipeline/refusal'
import { createServeTrack } from '../pipeline/serve-track'
import type { StreamMiddleware, StreamRequest } from '../pipeline/stream-request'
import { trackOptions, type RangeStreamOptions } from '../pipeline/track-options'
import type { Grant } from '../signing/authenticate-link'
import { warnOnce } from '../warn-once'
import { createHandBack } from './hand-back'

const readers = {
  ...trackOptions,
  unsigned: withDefault(rules.boolean, false),
} satisfies OptionReaders<RangeStreamOptions>

/** Whether the terms of a grant can be enforced: not those of one that the app copied field by field. */
function isEnforceable(grant: Grant | undefined): boolean {
  return grant !== undefined && (grantedLink(grant) !== undefined || !hasTerms(grant))
}

const REMEDY =
  'rangeStream found no req.grant: put requireSignedUrl in front of it on the same path, or serve without ' +
  'signatures by the option unsigned: true'

/**
 * Makes a middleware that serves the track of `req.grant`; with `unsigned: true` that of `req.params.id`, for everybody.
 *
 * Responds with 200, 206 and 304 (RFC 9110, sections 13 and 14). Passes a {@link StreamError} to `next` otherwise:
 * `METHOD_NOT_ALLOWED` (405), `SIGNATURE_MISSING` (403, without a grant), `INVALID_ID` (400), `NOT_FOUND` (404, also
 * if the path has the extension of another type), `PRECONDITION_FAILED` (412), `RANGE_NOT_SATISFIABLE` (416),
 * `LINK_USED_UP` (403), `TOO_MANY_STREAMS` (429), `STATE_UNAVAILABLE` or `SOURCE_UNAVAILABLE` (503). Once bytes are written, a fault of the storage closes the connection, so no client
 * mistakes what it has for the whole.
 *
 * @throws TypeError that names the option that is wrong
 * @example
 * app.get('/stream/:id', requireSignedUrl({ secret }), rangeStream({ dir: 'audio' }))
 */
export function rangeStream(options: RangeStreamOptions): StreamMiddleware {
  const settings = readOptions('rangeStream', options, readers)
  const { unsigned } = settings
  const observer = createObserver(settings.logger, settings.onCompletion)
  const source = chooseSource('rangeStream', settings, observer)
  const offload = chooseOffload('rangeStream', settings, source)
  const serveTrack = createServeTrack(source, { ...settings, offload }, observer)
  const handBack = createHandBack(observer)
  const warn = warnOnce('EXPRESS_SIGNED_STREAM_UNSIGNED')

  /** The order of the middlewares is wrong, or an error handler went on after a refusal: neither may open a track. */
  function refuseUnsigned(): Refusal {
    warn(() => REMEDY)
    return new Refusal(new StreamError('SIGNATURE_MISSING', { cause: new Error(REMEDY) }))
  }

  return function rangeStreamMiddleware(req: StreamRequest, res, next) {
    function fail(failure: unknown): void {
      if (failure instanceof Refusal) handBack.refuse(req, res, failure, next)
      else handBack.fail(req, res, failure, next)
    }

    const isRead = req.method === 'GET' || req.method === 'HEAD'
    if (isRead && !unsigned && !isEnforceable(req.grant)) fail(refuseUnsigned())
    else serveTrack(req, res, fail, req.grant)
  }
}
