/** Lets a request pass only with a signature that opens its track now. */
import { StreamError, unavailable } from '../errors'
import { judgeOptions } from '../options'
import {
  createVerifier,
  verifierRules,
  type Grant,
  type Verdict,
  type VerifierOptions,
} from '../signing/verifier'
import { claimedId, rawQuery, type StreamMiddleware, type StreamRequest } from './handler'
import { createObserver, loggerRule, type Observer, type StreamLogger } from './observer'
import { judgeId } from './validate-id'

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

/** Some 500 bytes each. */
const REMEMBERED_LINKS = 4096

/**
 * Judges the signature of a request for what claims to be an id: what it permits, or the refusal `INVALID_ID` or one
 * of the `SIGNATURE_` codes. Touches no file, so that a refusal tells nothing of what exists.
 */
export type Authorizer = (req: StreamRequest, claim: unknown) => Grant | StreamError

export function createAuthorizer(
  options: Partial<VerifierOptions>,
  maker: string,
  observer: Observer,
): Authorizer {
  const verify = createVerifier(options, maker, REMEMBERED_LINKS)

  return function authorize(req, claim) {
    const id = judgeId(req, claim, observer)
    if (id instanceof StreamError) return id
    let verdict: Verdict
    try {
      verdict = verify(id, rawQuery(req))
    } catch (error) {
      // Without a clock nobody knows what has expired.
      return observer.refusal(req, unavailable(error), { id })
    }
    if (verdict.valid) return verdict.grant
    return observer.refusal(req, new StreamError(verdict.code), { id, texts: verdict.texts })
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
