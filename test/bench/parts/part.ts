/** A part of the benchmark, which can be run alone. */
import type { Bench } from '../measure/runners'
import type { Findings } from '../report/findings'
import type { Workspace } from '../load/library'

export interface Part {
  /** As on the command line, and of its section in the documents. */
  readonly name: string
  /** Programs without which it cannot be run. */
  readonly needs: readonly string[]
  /** Minutes for each round, and for the start; it is ended if it takes longer. */
  readonly minutes: number
  readonly run: (bench: PartBench) => Promise<Findings>
}

export interface PartBench extends Bench {
  readonly workspace: Workspace
}

/** Tracks that fit into the block budget together. */
export const HOT_TRACKS = 8
