import { rangeStream, requireSignedUrl, validateId } from 'express-signed-stream'
import polka from 'polka'

// Without onError: Polka's own takes the code of an error for a status, and fails at ours.
polka()
  .get(
    '/stream/:id',
    validateId(),
    requireSignedUrl({ secret: process.env.SECRET_KEY }),
    rangeStream({ dir: 'audio' }),
  )
  .get('/open/:id', rangeStream({ dir: 'audio', unsigned: true }))
  .listen(process.env.PORT ?? 8082)
