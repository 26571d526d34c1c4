/** The options of a state in Redis. */
import { functionRule, LONGEST_TIMER, type OptionRule } from '../../../option-rules'
import { required, withDefault, type OptionReaders, type SettingsOf } from '../../../options'

/** Sends one command, such as `('GET', 'key')`, and resolves to the reply. */
export type SendCommand = (...args: string[]) => Promise<unknown>

export interface RedisStateOptions {
  /**
   * Sends a command by the app's own client. All commands are `EVAL` with the keys of one slot, the first of which is the
   * fourth argument.
   *
   * node-redis: `(...args) => client.sendCommand(args)`; ioredis: `(...args) => client.call(...args)`; a cluster of
   * node-redis: `(...args) => cluster.sendCommand(args[3], false, args)`
   */
  readonly send: SendCommand
  /**
   * What the keys begin with. Nodes share what they keep under the same prefix.
   * @defaultValue `'ess:'`
   */
  readonly prefix?: string | undefined
  /**
   * Milliseconds that a command may take.
   * @defaultValue 500
   */
  readonly timeout?: number | undefined
}

/** An empty hash tag would send the keys of one command to different slots. */
const prefixRule: OptionRule<string> = {
  accepts: (value): value is string =>
    typeof value === 'string' && value.length <= 200 && !value.includes('{}'),
  expected: 'the beginning of keys, of at most 200 characters and without {}',
}

const timeoutRule: OptionRule<number> = {
  accepts: (value): value is number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value <= LONGEST_TIMER,
  expected: 'a whole number of milliseconds, 1 or more',
}

/** Checks and defaults of {@link RedisStateOptions}. */
export const redisOptions = {
  send: required(functionRule<SendCommand>('(...args) => reply')),
  prefix: withDefault(prefixRule, 'ess:'),
  timeout: withDefault(timeoutRule, 500),
} satisfies OptionReaders<RedisStateOptions>

export type RedisSettings = SettingsOf<typeof redisOptions>
