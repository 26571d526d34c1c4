/**
 * When `sign` is called again after a failure. A failure that names no wait is retried once, for a device that changes
 * its network. One that names a wait is retried each time, after longer and longer waits, up to 5 minutes in all. Each
 * delay is random within a range, because a server that fails does so for all its listeners at once.
 */
import type { Random } from './random.ts'

/** Milliseconds between two attempts at least. */
const MIN_RETRY_DELAY = 1000
/** Milliseconds over which the retries of players that failed together are spread. */
const SPREAD = 4000
/** Milliseconds of one wait at most, before it is spread: a wrong value must not stop playback for days. */
const MAX_RETRY_AFTER = 200_000
/** Milliseconds of all waits of one renewal at most. */
const MAX_WAITED = 300_000

/** The attempts of a renewal so far. */
export interface RetryHistory {
  /** Failures that named no wait. */
  readonly failures: number
  /** Failures that named one. */
  readonly postponements: number
  /** Milliseconds that it has waited after those. */
  readonly waited: number
}

/**
 * Milliseconds until the next attempt; undefined if the renewal has failed.
 *
 * @param history without this failure
 * @param retryAfter seconds to wait that this failure names; undefined if it names none
 * @param remaining milliseconds until the link in use expires; 0 or less if it has expired, or if that is unknown
 */
export function retryDelay(
  { failures, postponements, waited }: RetryHistory,
  retryAfter: number | undefined,
  remaining: number,
  random: Random,
): number | undefined {
  if (retryAfter === undefined) {
    if (failures > 0) return undefined
    // While the link in use is valid, the retry comes before its expiry.
    const isInTime = remaining > MIN_RETRY_DELAY
    const spread = isInTime ? Math.min(SPREAD, (remaining - MIN_RETRY_DELAY) / 2) : SPREAD
    return MIN_RETRY_DELAY + random() * spread
  }
  const atLeast = MIN_RETRY_DELAY * 2 ** postponements
  const wait = Math.min(Math.max(retryAfter * 1000, atLeast), MAX_RETRY_AFTER)
  if (waited + wait > MAX_WAITED) return undefined
  return wait + random() * Math.max(SPREAD, wait / 2)
}
