/** Options that the sources of stores have in common. */
import { rules } from '../../option-rules'
import { group, optional, withDefault, type OptionReaders } from '../../options'
import { RESOLVE_TIMEOUT } from '../resolver'
import type { SourceTimeouts } from '../track-source'

export interface RangedSourceOptions {
  /**
   * Milliseconds that the app's function may take to find a track; 503 then, 0 for no limit.
   * @defaultValue 5000
   */
  readonly resolveTimeout?: number | undefined
  /**
   * Milliseconds for which a known track is served without asking the store again.
   * @defaultValue 10000
   */
  readonly trustFor?: number | undefined
  /** How long the store may take. */
  readonly timeouts?: SourceTimeouts | undefined
}

const timeouts = {
  firstByte: optional(rules.milliseconds),
  idle: optional(rules.milliseconds),
  total: optional(rules.milliseconds),
} satisfies OptionReaders<SourceTimeouts>

/** Checks and defaults of {@link RangedSourceOptions}. The router has the defaults of what is undefined. */
export const rangedOptions = {
  resolveTimeout: withDefault(rules.milliseconds, RESOLVE_TIMEOUT),
  trustFor: optional(rules.milliseconds),
  timeouts: group(timeouts, `an object with some of ${Object.keys(timeouts).join(', ')}`),
} satisfies OptionReaders<RangedSourceOptions>
