/**
 * Limits how many invalid signatures one client may send in a minute. Requests as such are not limited: one seek in an
 * Ogg file is 18 of them within 20 ms.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Links, StreamErrorCode, StreamLogger, Verifier } from 'express-signed-stream'
import { clientKey } from './client-address'
import { RefusalCounter, type RefusalCount } from './refusal-counter'
import type { Refuser } from './refuse'

/** Which limit a client exceeded that gets 429. */
export type Limit = 'refusals' | 'streams'

/** Called for each request that gets 429. */
export type OnLimited = (limit: Limit) => void

export interface LimitsOptions {
  /** By the secrets of the stream. */
  readonly verifier: Verifier
  readonly links: Pick<Links, 'describe'>
  /** Of one client; 0 for no limit. */
  readonly maxRefusalsPerMinute: number
  readonly refuse: Refuser
  readonly logger: StreamLogger
  readonly onLimited: OnLimited | undefined
  /** Counts with other processes of this server; undefined if there are none. */
  readonly shareRefusals?: ShareRefusals | undefined
}

/**
 * Shares the refused signatures of clients.
 *
 * @param onRefusal called for each that another process counted
 * @returns counts one with the others
 */
export type ShareRefusals = (onRefusal: (client: string) => void) => (client: string) => void

/** A request with its name and the address of its client, in the fields in which pino-http and Express have them. */
export interface AddressedRequest extends IncomingMessage {
  id?: string
  ip?: string | undefined
}

export interface Limits {
  /** @returns whether a request for a stream may be served; if not, it was refused with 429 */
  allows(req: AddressedRequest, res: ServerResponse): boolean
  /** Called when the response to a request for a stream has ended, with the address that the request came from. */
  ended(res: ServerResponse, ip: string | undefined): void
}

const WINDOW = 60_000

/** Why the stream is certain to refuse a link; undefined if it may grant it. */
export type FindRefusal = (url: string) => StreamErrorCode | undefined

export function createFindRefusal(verifier: Verifier, links: Pick<Links, 'describe'>): FindRefusal {
  return function findRefusal(url) {
    const link = links.describe(url)
    if (link === undefined) {
      const verification = verifier.verify(url)
      return verification.valid ? undefined : verification.code
    }
    if (link.isRevoked) return 'LINK_REVOKED'
    // Only the stream knows whether the listener of an expired link may continue, or whether a place is free.
    return link.playUntil < Date.now() / 1000 ? 'SIGNATURE_EXPIRED' : undefined
  }
}

/**
 * Only the status of the response is checked until a client has as many refusals as it may have, so most requests cost
 * nothing here. For the rest of the minute, each link of that client is verified first. A valid one always passes, because
 * a listener and an attacker may share an address.
 */
export function createLimits({
  verifier,
  links,
  maxRefusalsPerMinute,
  refuse,
  logger,
  onLimited,
  shareRefusals,
}: LimitsOptions): Limits {
  if (maxRefusalsPerMinute === 0) {
    return { allows: () => true, ended: () => undefined }
  }
  const counter = new RefusalCounter(WINDOW, maxRefusalsPerMinute)
  const share = shareRefusals?.(client => {
    counter.add(client)
  })

  function count(client: string): Readonly<RefusalCount> {
    const counted = counter.add(client)
    // Beyond the limit, the others know: a flood must not become one between processes.
    if (counted.refusals <= maxRefusalsPerMinute + 1) share?.(client)
    return counted
  }

  const findRefusal = createFindRefusal(verifier, links)

  function isCounted(url: string): boolean {
    const code = findRefusal(url)
    return code !== undefined && code !== 'INVALID_ID'
  }

  /** Responses to clients without refusals left, whose links were checked. */
  const checked = new WeakSet<ServerResponse>()

  function allows(req: AddressedRequest, res: ServerResponse): boolean {
    if (!counter.isReachedByAny()) return true
    const client = clientKey(req.ip)
    if (!counter.isReachedBy(client)) return true
    checked.add(res)
    if (!isCounted(req.url ?? '')) return true
    const { refusals, resetAt } = count(client)
    if (refusals <= maxRefusalsPerMinute) return true
    // Once per window: a flood must not fill the disk.
    if (refusals === maxRefusalsPerMinute + 1) {
      logger.warn({ client_ip: req.ip, request_id: req.id }, 'Too many refused signatures')
    }
    onLimited?.('refusals')
    refuse(req, res, Math.max(1, Math.ceil((resetAt - Date.now()) / 1000)))
    return false
  }

  return {
    allows,
    ended(res, ip) {
      if (res.statusCode === 403 && !checked.has(res)) count(clientKey(ip))
    },
  }
}
