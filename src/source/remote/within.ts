import { withTimeLimit } from '../../time-limit'
import { untilAborted } from '../until-aborted'

/** The storage did not respond in time. */
export class TimeLimitExceeded extends Error {}

/**
 * Waits for `work`, but no longer than `limit` milliseconds, and not after `signal` has aborted: what does not honour
 * its signal may never settle.
 *
 * @throws what `work` rejects with, TimeLimitExceeded, or the reason of the signal
 */
export async function within<Value>(
  limit: number,
  signal: AbortSignal,
  work: Value | PromiseLike<Value>,
  what: string,
): Promise<Value> {
  return withTimeLimit(
    limit,
    untilAborted(work, signal),
    () => new TimeLimitExceeded(`The storage gave no ${what} within ${Math.round(limit)} ms`),
  )
}
