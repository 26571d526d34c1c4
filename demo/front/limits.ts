/**
 * How many signatures of one client may be refused in a minute. Ranges are not counted, because one seek in an ogg file
 * is 18 requests within 20 ms.
 */
import { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, Response } from 'express'
import { rateLimit } from 'express-rate-limit'
import { verifySignedUrl, type StreamLogger } from 'express-signed-stream'
import { clientKey } from './client-address'
import type { DemoConfig } from '../settings/config'
import { RefusalStore } from './refusal-store'
import type { Refuser } from './refuse'

/** Why a request is answered 429. */
export type Limit = 'refusals' | 'streams'

export interface LimitsOptions {
  readonly refuse: Refuser
  readonly logger: StreamLogger
  /** Told of each request that is answered 429. */
  readonly onLimited?: ((limit: Limit) => void) | undefined
}

/** A request whose address is known, as `req.ip` of Express. */
export interface AddressedRequest extends IncomingMessage {
  ip?: string | undefined
}

/** Lets a request for a stream through to `next`, or answers it 429. */
export type Limits = (req: AddressedRequest, res: ServerResponse, next: () => void) => void

const WINDOW = 60_000
const TEXT = 'Trop de requêtes'

/**
 * A client none of whose signatures was refused lately is not looked at before its answer is there; of another, each
 * link is judged first. A valid one passes in any case, so that a listener can share an address with an attacker.
 */
export function createLimits(
  { secrets, maxRefusalsPerMinute }: Pick<DemoConfig, 'secrets' | 'maxRefusalsPerMinute'>,
  options: LimitsOptions,
): Limits {
  if (maxRefusalsPerMinute === 0) return pass
  const { refuse, logger, onLimited } = options
  const secret = secrets.map(padSecret)
  const store = new RefusalStore(WINDOW)
  const count = rateLimit({
    windowMs: WINDOW,
    limit: maxRefusalsPerMinute,
    store,
    keyGenerator: ({ ip }) => clientKey(ip),
    legacyHeaders: false,
    // It checks how it is used with Express, in front of which it is used here.
    validate: false,
    handler(req, res) {
      const { used, resetTime } = (req as Request & { rateLimit: { used: number; resetTime: Date } })
        .rateLimit
      // Once in a window: a flood must not fill the disk.
      if (used === maxRefusalsPerMinute + 1) logger.warn({ client_ip: req.ip }, 'Too many refused signatures')
      onLimited?.('refusals')
      const retryAfter = Math.max(1, Math.ceil((resetTime.getTime() - Date.now()) / 1000))
      refuse(req, res, { status: 429, text: TEXT, retryAfter })
    },
  })

  return function limitRefusals(req, res, next) {
    const key = clientKey(req.ip)
    if (!store.has(key)) {
      res.once('finish', () => {
        if (res.statusCode === 403) store.increment(key)
      })
      next()
      return
    }
    const verdict = verifySignedUrl(req.url ?? '', { secret })
    if (verdict.valid || verdict.code === 'INVALID_ID') next()
    else void count(req as Request, res as Response, next)
  }
}

/** Zeros at its end change no MAC (RFC 2104, section 2), and spare each judgement the warning of a short secret. */
function padSecret(secret: string): Uint8Array {
  const bytes = Buffer.from(secret)
  return bytes.length < 64 ? Buffer.concat([bytes], 64) : bytes
}

function pass(...[, , next]: Parameters<Limits>): void {
  next()
}
