/** A source returned something that its interface does not allow. To ask again would bring the same. */
import { describe } from '../../option-rules'

export class WrongAnswer extends TypeError {
  /** @param rule what the source must do, as in "read must return an async iterable" */
  constructor(rule: string, value: unknown) {
    super(`${rule}, got ${describe(value)}`)
  }
}
