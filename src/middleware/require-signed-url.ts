/** Lets a request pass only with a signature that opens its track now. */
import { optional, readOptions, type OptionReaders } from '../options'
import { createAuthorizer } from '../pipeline/authorize'
import { checkAddress } from '../pipeline/check-request'
import { checkOptions, chooseLinks, type CheckOptions } from '../pipeline/choose-links'
import { loggerRule, type StreamLogger } from '../logger'
import { createObserver } from '../pipeline/observer'
import { Refusal } from '../pipeline/refusal'
import { claimedId, rawQuery, type StreamMiddleware, type StreamRequest } from '../pipeline/stream-request'
import type { Grant } from '../signing/authenticate-link'
import { createHandBack } from './hand-back'

export interface RequireSignedUrlOptions extends CheckOptions {
  /**
   * Logs refused signatures; a pino logger or the console.
   * @defaultValue none
   */
  readonly logger?: StreamLogger | undefined
}

const readers = {
  ...checkOptions,
  logger: optional(loggerRule),
} satisfies OptionReaders<RequireSignedUrlOptions>

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
 * Makes a middleware that lets only requests pass whose `expires` and `sig` open their track, and sets `req.grant` to
 * what they permit. Only the id, the expiry and the terms are signed: host, protocol, mount path and other parameters may
 * change on the way, and so may an extension in the path, such as `.mp3`.
 *
 * Passes a {@link StreamError} to `next` otherwise: one of the `SIGNATURE_` codes, `TERM_UNKNOWN`, `NETWORK_NOT_ALLOWED` or
 * `LINK_REVOKED` (403), `INVALID_ID` (400), `STATE_UNAVAILABLE` or `SOURCE_UNAVAILABLE` (503). Uses and streams at a time
 * are limited by `rangeStream`, when a body is about to be sent.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * app.get('/stream/:id', requireSignedUrl({ secret }), (req, res) => res.json(req.grant))
 */
export function requireSignedUrl(options: RequireSignedUrlOptions): StreamMiddleware {
  const settings = readOptions('requireSignedUrl', options, readers)
  const observer = createObserver(settings.logger)
  const handBack = createHandBack(observer)
  const authorize = createAuthorizer(chooseLinks('requireSignedUrl', settings), observer)

  return function requireSignedUrlMiddleware(req: StreamRequest, res, next) {
    function proceed(grant: Grant | Refusal): void {
      if (grant instanceof Refusal) {
        handBack.refuse(req, res, grant, next)
        return
      }
      req.grant = grant
      handBack.pass(req, res, next)
    }

    const address = checkAddress(claimedId(req))
    const grant = address instanceof Refusal ? address : authorize(req, address.id, rawQuery(req))
    if (grant instanceof Promise) {
      grant.then(proceed).catch((fault: unknown) => {
        handBack.fail(req, res, fault, next)
      })
    } else {
      proceed(grant)
    }
  }
}
