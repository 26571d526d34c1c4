import { rangeStream, requireSignedUrl, streamErrorHandler, validateId } from 'express-signed-stream'
import polka from 'polka'

const handleError = streamErrorHandler()

function onError(error, req, res) {
  handleError(error, req, res, () => res.writeHead(error.code ?? 500).end())
}

// Does not work for HEAD and for ids outside ASCII.
polka({ onError })
  .get(
    '/stream/:id',
    validateId(),
    requireSignedUrl({ secret: process.env.SECRET_KEY }),
    rangeStream({ dir: 'audio' }),
  )
  .listen(process.env.PORT ?? 8082)
