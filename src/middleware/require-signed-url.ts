/** Lets a request pass only with a signature that opens its track now. */
import { StreamError } from '../errors'
import { judgeOptions } from '../options'
import { createAuthorizer } from '../pipeline/authorize'
import { createObserver, loggerRule, type StreamLogger } from '../pipeline/observer'
import { claimedId, type StreamMiddleware, type StreamRequest } from '../pipeline/stream-request'
import { verifierRules, type Grant, type VerifierOptions } from '../signing/verifier'

export interface RequireSignedUrlOptions extends VerifierOptions {
  /**
   * Told of refused signatures; a pino logger or the console.
   * @defaultValue none
   */
  readonly logger?: StreamLogger | undefined
}

declare global {
  // Express's own way to add to its request; without Express the namespace is merely empty.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** Set by `requireSignedUrl`. */
      grant?: Grant
    }
  }
}

/**
 * Makes a middleware that lets only requests pass whose `expires` and `sig` open their track, and leaves what they
 * permit in `req.grant`. Only the id and the expiry are signed: host, protocol, mount path and other parameters may
 * change on the way.
 *
 * Hands `next` a {@link StreamError} otherwise: `SIGNATURE_MISSING`, `SIGNATURE_MALFORMED`, `SIGNATURE_INVALID`,
 * `SIGNATURE_EXPIRED` or `SIGNATURE_LIFETIME` (403), `INVALID_ID` (400).
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * app.get('/stream/:id', requireSignedUrl({ secret }), (req, res) => res.json(req.grant))
 */
export function requireSignedUrl(options: RequireSignedUrlOptions): StreamMiddleware {
  const maker = 'requireSignedUrl'
  const settings = judgeOptions<RequireSignedUrlOptions>(maker, options, {
    ...verifierRules,
    logger: loggerRule,
  })
  const authorize = createAuthorizer(settings, maker, createObserver(settings.logger))

  return function requireSignedUrlMiddleware(req: StreamRequest, _res, next) {
    const grant = authorize(req, claimedId(req))
    if (grant instanceof StreamError) {
      next(grant)
      return
    }
    req.grant = grant
    next()
  }
}
