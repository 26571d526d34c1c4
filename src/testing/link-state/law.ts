import type { StateLab } from './lab'

/** What every state of links must do. */
export interface StateLaw {
  /** Completes a sentence that begins with "A state". */
  readonly name: string
  /** The function of the harness without which it cannot be tested. */
  readonly needs?: 'forget'
  /** @throws Mismatch if the state breaks the law */
  check(lab: StateLab): Promise<void>
}
