/** Randomness as a parameter, so that tests can choose it. It spreads players over time and protects no secret. */

/** From 0 up to 1, 1 not included. */
export type Random = () => number

/** `random`, of which anything that throws or is no number from 0 to 1 counts as the nearest of them, or as 0. */
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
