/** The packagings of the handler, each as one function `(req, res, next)`. */
import {
  createStreamHandler,
  rangeStream,
  requireSignedUrl,
  streamErrorHandler,
  validateId,
} from 'express-signed-stream'

/** @param form `handler`, or `composed` of the middlewares */
export function makeHandler(form, { path, secret, dir, ...others }) {
  if (form === 'handler') return createStreamHandler({ path, secret, dir, ...others })
  const middlewares = [validateId(), requireSignedUrl({ secret }), rangeStream({ dir, ...others })]
  const handleError = streamErrorHandler()
  return function composed(req, res, next) {
    if (!req.url.startsWith(`${path}/`)) {
      next()
      return
    }
    function proceed(index, error) {
      if (error !== undefined) handleError(error, req, res, next)
      else middlewares[index](req, res, failure => proceed(index + 1, failure))
    }
    proceed(0)
  }
}
