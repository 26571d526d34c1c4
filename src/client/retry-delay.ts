/**
 * When `sign` is called again after it has failed. A failure without a word is retried once, for a network that is just
 * changing. One that asks to wait is retried as often as it asks, each time later, until a renewal has waited for long
 * enough in all. Each delay is spread, because a server that fails, fails all its listeners at once.
 */
import type { Random } from './random.ts'

/** Milliseconds between two attempts, at least. */
const MIN_RETRY_DELAY = 1000
/** Milliseconds by which players that failed together are spread. */
const SPREAD = 4000
/** Milliseconds that one wait may be asked for, before it is spread: a mistaken value must not stop playback for days. */
const MAX_RETRY_AFTER = 200_000
/** Milliseconds that the waits of one renewal may last in all. */
const PATIENCE = 300_000

/** What a renewal has been through. */
export interface RetryHistory {
  /** Failures that did not ask to wait. */
  readonly failures: number
  /** Failures that did. */
  readonly postponements: number
  /** Milliseconds that it has waited for those. */
  readonly waited: number
}

/**
 * Milliseconds until the next attempt; undefined if there is none.
 *
 * @param history what came before this failure
 * @param retryAfter seconds that this failure asks to wait; undefined if it does not
 * @param remaining milliseconds for which the link in use is still valid; 0 if it is not, or if that is unknown
 */
export function retryDelay(
  { failures, postponements, waited }: RetryHistory,
  retryAfter: number | undefined,
  remaining: number,
  random: Random,
): number | undefined {
  if (retryAfter === undefined) {
    if (failures > 0) return undefined
    // As long as there is a valid link, the retry comes before it expires.
    const isInTime = remaining > MIN_RETRY_DELAY
    const spread = isInTime ? Math.min(SPREAD, (remaining - MIN_RETRY_DELAY) / 2) : SPREAD
    return MIN_RETRY_DELAY + random() * spread
  }
  const atLeast = MIN_RETRY_DELAY * 2 ** postponements
  const wait = Math.min(Math.max(retryAfter * 1000, atLeast), MAX_RETRY_AFTER)
  if (waited + wait > PATIENCE) return undefined
  return wait + random() * Math.max(SPREAD, wait / 2)
}
