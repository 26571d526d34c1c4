/** What an authentic link allows at a time, and to an address. Each check is one rule, and fails closed. */
import { isOfNetwork } from '../http/client-network'
import type { Grant } from './authenticate-link'

export interface TimeLimits {
  /** Seconds. */
  readonly clockTolerance: number
  /** Seconds. */
  readonly maxTtl: number
}

/** Seconds by which the clock of a signer may be ahead, so that a link can be used in the second in which it was signed. */
export const SIGNER_AHEAD = 60

export function isTooEarly({ notBefore, signedAt }: Grant, now: number, limits: TimeLimits): boolean {
  const latest = now + limits.clockTolerance
  const isBefore = notBefore !== undefined && !(notBefore <= latest)
  return isBefore || (signedAt !== undefined && !(signedAt <= latest + SIGNER_AHEAD))
}

/** Written so that NaN does not pass. */
export function hasExpired({ expires }: Grant, now: number, { clockTolerance }: TimeLimits): boolean {
  return !(expires - now >= -clockTolerance)
}

/** The time of signing, if the link has it, counts too: what is left of a lifetime says less. */
export function livesTooLong({ expires, signedAt }: Grant, now: number, limits: TimeLimits): boolean {
  const { clockTolerance, maxTtl } = limits
  const isLong = signedAt !== undefined && !(expires - signedAt <= maxTtl)
  return isLong || !(expires - now <= maxTtl + clockTolerance)
}

/** @param address undefined if it is not known, which is refused */
export function isNetworkAllowed({ network }: Grant, address: string | undefined): boolean {
  return network === undefined || isOfNetwork(network, address)
}
