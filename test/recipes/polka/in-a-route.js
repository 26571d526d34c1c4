import { rangeStream, requireSignedUrl, streamErrorHandler, validateId } from 'express-signed-stream'

// `node in-a-route.js [polka|polka-1] [own]`: the package, and whether Polka has its own onError. Version 0.5 has two limits:
// it does not serve HEAD and ids outside ASCII, and its own onError takes the code of an error for a status, and fails at ours.
const [name = 'polka', errorHandling] = process.argv.slice(2)
const { default: polka } = await import(name)

polka(errorHandling === 'own' ? {} : { onError: streamErrorHandler({ logger: console }) })
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
