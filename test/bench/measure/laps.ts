/** Measures several things in short slices by turns: forward in one lap, backward in the next. */
import type { Comparison } from './comparison'

export interface Slice {
  readonly name: string
  /** @param turn another for each slice of the run, so that what is cold is not asked for again; 0 to warm up */
  readonly measure: (turn: number, seconds: number) => Promise<number>
}

/** How often and how long a part measures; {@link planOf} reads it from the environment. */
export interface Plan {
  /** Sets of fresh processes. */
  readonly rounds: number
  /** Slices of each server and work in one round. */
  readonly laps: number
  /** Seconds of one slice. */
  readonly seconds: number
  /** Seconds of load before the first slice; behind Express, V8 needs twice as many. */
  readonly warmUp: number
}

export function planOf(environment: NodeJS.ProcessEnv): Plan {
  function read(name: string, otherwise: number): number {
    const value = Number(environment[name] ?? otherwise)
    if (!(value > 0))
      throw new RangeError(`Cannot measure: ${name} must be > 0, got ${String(environment[name])}`)
    return value
  }
  return {
    rounds: read('ROUNDS', 3),
    laps: read('LAPS', 12),
    seconds: read('SLICE', 0.15),
    warmUp: read('WARM_UP', 4),
  }
}

/** One work in one round: warms each up again, which takes one slice, then measures all of them in each lap. */
export async function runLaps(
  results: Comparison,
  work: string,
  round: number,
  slices: readonly Slice[],
  { laps, seconds }: Plan,
): Promise<void> {
  for (const { measure } of slices) await measure(0, seconds)
  for (let lap = 0; lap < laps; lap++) {
    for (const { name, measure } of lap % 2 === 0 ? slices : slices.toReversed()) {
      results.add(round, work, name, await measure(1 + round * laps + lap, seconds))
    }
  }
}
