/** Times in tests of what ends. A busy machine may be late, so nothing is expected of a moment that has passed. */
import { eventually } from '../time-limit'
import { expectThat } from '../mismatch'

/** Seconds after which what is short ends. */
export const SHORT = 0.5

/**
 * Expects `early` at first, and `late` soon after {@link SHORT} seconds.
 *
 * @param begin notes what ends
 * @param look must not change what it looks at
 */
export async function expectEnd<Result>(
  begin: () => Promise<unknown>,
  look: () => Promise<Result>,
  { early, late, what }: { early: Result; late: Result; what: string },
): Promise<void> {
  const start = performance.now()
  await begin()
  const first = await look()
  const isInTime = performance.now() - start < SHORT * 1000
  expectThat(!isInTime || first === early, `'${String(early)}' before ${what} has ended`, first)
  const last = await eventually(look, result => result === late)
  expectThat(last === late, `'${String(late)}' after ${what} has ended`, last)
}
