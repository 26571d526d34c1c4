/** What a part of the benchmark publishes. */
import type { Figures } from '../measure/comparison'

export interface Findings {
  readonly figures: Figures
  /** Markdown for docs/benchmarks.md. */
  readonly report: string
  /** Markdown for docs/performance.md. */
  readonly summary?: string
  /** For docs/performance.svg. */
  readonly chart?: string
}
