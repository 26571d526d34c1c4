/** Makes metrics in one registry, and takes them out again. */
import { Counter, Gauge, Histogram, type Registry, type RegistryContentType } from 'prom-client'

/** A registry of either format. */
export type AnyRegistry = Registry<RegistryContentType>

/** What a metric is called, after the prefix, and what it counts. */
interface Description<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly Label[]
}

export class Meters {
  readonly #registry: AnyRegistry
  readonly #prefix: string
  readonly #names: string[] = []

  constructor(registry: AnyRegistry, prefix: string) {
    this.#registry = registry
    this.#prefix = prefix
  }

  counter<Label extends string>(description: Description<Label>): Counter<Label> {
    return new Counter(this.#claim(description))
  }

  /** @param measure returns the value when the registry is read */
  gauge(description: Description<never>, measure?: () => number | Promise<number>): Gauge {
    if (measure === undefined) return new Gauge(this.#claim(description))
    return new Gauge({
      ...this.#claim(description),
      async collect() {
        this.set(await measure())
      },
    })
  }

  /** @param buckets upper bounds, in seconds */
  histogram<Label extends string>(
    description: Description<Label>,
    buckets: readonly number[],
  ): Histogram<Label> {
    return new Histogram({ ...this.#claim(description), buckets: [...buckets] })
  }

  /** Takes all of them out of the registry. */
  remove(): void {
    for (const name of this.#names.splice(0)) this.#registry.removeSingleMetric(name)
  }

  #claim<Label extends string>({
    name,
    help,
    labelNames = [],
  }: Description<Label>): {
    name: string
    help: string
    labelNames: readonly Label[]
    registers: AnyRegistry[]
  } {
    const full = this.#prefix + name
    if (this.#registry.getSingleMetric(full) !== undefined) {
      throw new Error(
        `Cannot make createStreamMetrics: the registry has ${full} already, close what made it or choose another prefix`,
      )
    }
    this.#names.push(full)
    return { name: full, help, labelNames, registers: [this.#registry] }
  }
}
