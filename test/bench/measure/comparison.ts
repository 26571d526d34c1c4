/**
 * What things cost beside each other. Whatever else runs on the machine only adds to a cost, and more to what needs more
 * memory: so of the laps of one round (one set of processes) the lower quartile counts; then comes the median of the rounds.
 */
import { median, quantile } from './statistics'

/** What one part of the benchmark knows, by names. */
export interface Figures {
  /** What `name` costs for `work`; with `other`, divided by what that one costs. Undefined if it was not measured. */
  readonly read: (work: string, name: string, other?: string) => number | undefined
}

export class Comparison implements Figures {
  /** For each work and name, the values of each lap of each round. */
  readonly #values = new Map<string, number[][]>()

  /** Adds the next lap of round number `round`. */
  add(round: number, work: string, name: string, value: number): void {
    const key = keyOf(work, name)
    const rounds = this.#values.get(key) ?? []
    this.#values.set(key, rounds)
    ;(rounds[round] ??= []).push(value)
  }

  readonly read = (work: string, name: string, other?: string): number | undefined => {
    const values = this.#values.get(keyOf(work, name))
    const others = other === undefined ? undefined : this.#values.get(keyOf(work, other))
    if (values === undefined || (other !== undefined && others === undefined)) return undefined
    return median(
      values.map((laps, round) => costOf(laps) / (others === undefined ? 1 : costOf(others[round]))),
    )
  }
}

/** Of several comparisons, whatever the first of them knows: a ratio needs both sides in the same one. */
export function together(comparisons: readonly Figures[]): Figures {
  return {
    read: (work, name, other) => {
      for (const { read } of comparisons) {
        const value = read(work, name, other)
        if (value !== undefined) return value
      }
      return undefined
    },
  }
}

function costOf(laps: readonly number[] = []): number {
  return quantile(laps, 0.25)
}

function keyOf(work: string, name: string): string {
  return `${work}\0${name}`
}
