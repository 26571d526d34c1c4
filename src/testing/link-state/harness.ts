/** What the tests of a state of links need: nodes that share it, and perhaps a way to lose what it keeps. */
import type { LinkState, RevocationState } from '../../links/state/link-state'
import { functionRule, oneOf } from '../../option-rules'
import { optional, required, type OptionReaders } from '../../options'
import type { MaybePromise } from '../../source/track-source'

/** The state under test. Each function may return a promise. */
export interface LinkStateHarness {
  /** A state, as another node would make it: what one notes, the others know. */
  readonly make: () => MaybePromise<LinkState | RevocationState>
  /** Loses all that the state keeps, as a data base without its disk does. If it is given, it adds a test. */
  readonly forget?: (() => MaybePromise<unknown>) | undefined
  /**
   * What the state keeps, if not everything: `'revocations'` leaves out the tests of `begin`, `hold` and `streams`.
   * @defaultValue everything
   */
  readonly only?: 'revocations' | undefined
}

export const linkStateOptions = {
  make: required(functionRule<LinkStateHarness['make']>('() => state')),
  only: optional(oneOf('revocations')),
  forget: optional(functionRule<NonNullable<LinkStateHarness['forget']>>('() => void')),
} satisfies OptionReaders<LinkStateHarness>
