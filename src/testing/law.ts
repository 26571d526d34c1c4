import type { SourceFaults } from './harness'
import type { Lab } from './lab'

/** What every source must do. */
export interface Law {
  /** Completes a sentence that begins with "A source". */
  readonly name: string
  /** The fault without which it cannot be tested. */
  readonly needs?: keyof SourceFaults
  /** @throws Mismatch if the source breaks the law */
  check(lab: Lab): Promise<void>
}
