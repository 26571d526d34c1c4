/**
 * A hold on something that several share, such as a block in memory or an open file. Who has a lease may use the thing,
 * and releases the lease when done. The owner of the thing counts its leases, and decides what the last release frees.
 */
export class Lease<Held> {
  readonly held: Held
  #end: (() => void) | undefined

  /** @param end called once, by the first release */
  constructor(held: Held, end: () => void) {
    this.held = held
    this.#end = end
  }

  get isReleased(): boolean {
    return this.#end === undefined
  }

  /** A second call does nothing, so that what is closed twice does not free what another client holds. */
  release(): void {
    const end = this.#end
    this.#end = undefined
    end?.()
  }
}
