/** The life of a new link, which a server with `maxTtl` limits: from the time of signing that the link says to its expiry. */
import { optionError, type OptionError } from '../options'

/**
 * Refuses what would fail at some times of the day at the first try: with `stableFor`, the time of signing is rounded down
 * and the expiry up, so that the life of a link depends on the second in which it is made.
 *
 * @param expiresIn seconds
 * @param step `stableFor`, in seconds
 * @throws OptionError
 */
export function checkStableFor(expiresIn: number, step: number, maxTtl: number): void {
  // Signed in the last second of a step, which is as old as its time of signing gets.
  const longest = Math.ceil((expiresIn + step - 1) / step) * step
  if (longest <= maxTtl) return
  const problem = `of ${step} seconds makes links that live up to ${longest} seconds, and maxTtl allows ${maxTtl}`
  throw optionError(RangeError, 'sign', 'stableFor', problem)
}

export function livesTooLong(
  { expiresAt, stableFor }: { readonly expiresAt?: unknown; readonly stableFor?: unknown },
  maxTtl: number,
): OptionError {
  const option = expiresAt === undefined ? 'expiresIn' : 'expiresAt'
  const rounded = stableFor === undefined ? '' : ', with stableFor'
  const problem = `must be at most ${maxTtl} seconds after signing, which is maxTtl${rounded}`
  return optionError(RangeError, 'sign', option, problem)
}
