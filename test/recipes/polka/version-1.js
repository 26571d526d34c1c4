import { rangeStream, requireSignedUrl, streamErrorHandler, validateId } from 'express-signed-stream'
import polka from 'polka-1'

// What Polka 1 does differently: it gives each handler a next, and looks at the status of an error.
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
