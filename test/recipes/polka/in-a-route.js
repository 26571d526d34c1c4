import { rangeStream, requireSignedUrl, streamErrorHandler, validateId } from 'express-signed-stream'
import polka from 'polka'

// Does not work for HEAD and for ids outside ASCII.
polka({ onError: streamErrorHandler({ logger: console }) })
  .get(
    '/stream/:id',
    validateId(),
    requireSignedUrl({ secret: process.env.SECRET_KEY }),
    rangeStream({ dir: 'audio' }),
  )
  .get('/open/:id', rangeStream({ dir: 'audio', unsigned: true }))
  .get(
    '/fails',
    (_req, _res, next) => next(new Error('a secret of the app')),
    (_req, res) => res.end(),
  )
  .listen(process.env.PORT ?? 8082)
