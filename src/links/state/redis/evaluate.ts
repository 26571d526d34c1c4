/**
 * Runs scripts in Redis, each as one `EVAL` with its text: there is no digest to keep, so a Redis that was restarted needs
 * nothing. Nothing is queued and nothing repeated here. What comes after the time limit goes to nobody; a client that
 * queues commands may still send them.
 */
import { withTimeLimit } from '../../../time-limit'
import type { RedisSettings } from './redis-options'

/** @throws (rejects with) what the client throws, or an error after the time limit */
export type Evaluate = (
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>

export function createEvaluate({ send, timeout }: Pick<RedisSettings, 'send' | 'timeout'>): Evaluate {
  return async function evaluate(script, keys, args) {
    const reply = send('EVAL', script, String(keys.length), ...keys, ...args.map(String))
    return withTimeLimit(timeout, reply, () => new Error(`Redis did not reply within ${timeout} ms`))
  }
}
