/**
 * The state of links in Redis, for several nodes. Each operation is one script, so it is whole and may be repeated. Time is
 * Redis's own.
 */
import { readOptions } from '../../../options'
import {
  DISPLACED_SECONDS,
  MAX_KEYS,
  type BeginOptions,
  type HoldOptions,
  type LinkState,
} from '../link-state'
import { durationArgument, limitArgument } from './arguments'
import { BEGIN_SCRIPT } from './begin-script'
import { createEvaluate, type Evaluate } from './evaluate'
import { HOLD_SCRIPT } from './hold-script'
import { redisOptions, type RedisStateOptions } from './redis-options'
import { RedisRevocations } from './redis-revocations'
import { RedisStreams } from './redis-streams'
import { readWord } from './replies'

/**
 * Makes a state of links in Redis 5 or later, by the client that the app has.
 *
 * The client should not queue commands while it is not connected (node-redis: `disableOfflineQueue: true`; ioredis:
 * `enableOfflineQueue: false`). The Redis must not evict keys that do not expire (`maxmemory-policy noeviction` or
 * `volatile-*`).
 *
 * @throws TypeError if an option is wrong
 * @example
 * const client = createClient({ url: 'redis://127.0.0.1:6379', disableOfflineQueue: true })
 * client.on('error', () => undefined) // it connects again by itself
 * void client.connect()
 *
 * const state = redisState({ send: (...args) => client.sendCommand(args) })
 */
export function redisState(options: RedisStateOptions): LinkState {
  const { prefix, ...settings } = readOptions('redisState', options, redisOptions)
  return new RedisState(createEvaluate(settings), prefix)
}

class RedisState implements LinkState {
  readonly #evaluate: Evaluate
  readonly #prefix: string
  readonly revocations: LinkState['revocations']
  readonly streams: NonNullable<LinkState['streams']>

  constructor(evaluate: Evaluate, prefix: string) {
    this.#evaluate = evaluate
    this.#prefix = prefix
    this.revocations = new RedisRevocations(evaluate, `${prefix}{revoked}`)
    this.streams = new RedisStreams(evaluate, `${prefix}{streams}`)
  }

  async begin(
    link: string,
    keys: readonly string[],
    { limit, seconds }: BeginOptions,
  ): Promise<'begun' | 'known' | 'full'> {
    const args = [limitArgument(limit), durationArgument(seconds), MAX_KEYS, ...keys]
    const reply = await this.#evaluate(BEGIN_SCRIPT, [`${this.#prefix}begun:${link}`], args)
    return readWord(reply, ['begun', 'known', 'full'])
  }

  async hold(
    subject: string,
    keys: readonly string[],
    { limit, seconds, onLimit, isListening }: HoldOptions,
  ): Promise<'held' | 'full' | 'displaced'> {
    // The braces make one slot of both keys; what is in them is never empty.
    const name = `${this.#prefix}{held:${subject}}`
    const reply = await this.#evaluate(
      HOLD_SCRIPT,
      [name, `${name}:displaced`],
      [
        limitArgument(limit),
        durationArgument(seconds),
        onLimit,
        isListening ? 1 : 0,
        durationArgument(DISPLACED_SECONDS),
        MAX_KEYS,
        ...keys,
      ],
    )
    return readWord(reply, ['held', 'full', 'displaced'])
  }
}
