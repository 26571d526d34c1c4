/** Randomness as a parameter, so that tests can choose it. It spreads players over time and protects no secret. */

/** A number from 0 up to 1, without 1. */
export type Random = () => number

/** Limits `random` to numbers from 0 to 1. If it throws or returns anything but a number, it counts as 0. */
export function boundedRandom(random: Random): Random {
  return function bounded() {
    try {
      const value: unknown = random()
      return typeof value === 'number' && value >= 0 ? Math.min(value, 1) : 0
    } catch {
      return 0
    }
  }
}
