/** A middleware that serves the tracks of one directory. */
import { judgeOptions } from '../options'
import type { StreamMiddleware, StreamRequest } from './handler'
import { createObserver } from './observer'
import { createSource, rangeStreamRules, type RangeStreamOptions } from './range-stream-options'
import { createTrackServer } from './track-server'

/**
 * Makes a middleware that serves the track of `req.grant`, or of `req.params.id` where no signature was asked for.
 *
 * Answers 200, 206 and 304 (RFC 9110, sections 13 and 14). Hands `next` a {@link StreamError} otherwise:
 * `METHOD_NOT_ALLOWED` (405), `INVALID_ID` (400), `NOT_FOUND` (404), `PRECONDITION_FAILED` (412),
 * `RANGE_NOT_SATISFIABLE` (416) or `SOURCE_UNAVAILABLE` (503). Once bytes are written, a fault of the storage ends
 * the connection, so that no client takes what it has for the whole.
 *
 * @throws TypeError that names the option that is wrong
 * @example
 * app.get('/stream/:id', requireSignedUrl({ secret }), rangeStream({ dir: 'audio' }))
 */
export function rangeStream(options: RangeStreamOptions): StreamMiddleware {
  const maker = 'rangeStream'
  const settings = judgeOptions<RangeStreamOptions>(maker, options, rangeStreamRules)
  const serveTrack = createTrackServer(
    createSource(settings, maker),
    settings,
    createObserver(settings.logger),
  )

  return function rangeStreamMiddleware(req: StreamRequest, res, next) {
    serveTrack(req, res, next, req.grant)
  }
}
