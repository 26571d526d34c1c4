/** Opens the first of several names that exists. One name after the other, the last would cost a trip to the storage for each. */

/** @returns undefined if the name does not exist */
export type OpenName<Name, Opened> = (name: Name) => Promise<Opened | undefined>

/** For one library, whose tracks mostly have one extension. */
export class FirstName<Opened> {
  readonly #release: (opened: Opened) => void
  /** Which of the names existed the last time. */
  #guess = 0

  /** @param release frees what was opened besides the first */
  constructor(release: (opened: Opened) => void) {
    this.#release = release
  }

  /**
   * Opens the names up to the one that existed the last time together, and then the others.
   *
   * @throws what `open` rejects with for a name before the first that exists
   */
  async open<Name>(names: readonly Name[], open: OpenName<Name, Opened>): Promise<Opened | undefined> {
    const likely = this.#guess + 1
    const opened = await this.#openTogether(names.slice(0, likely), 0, open)
    return opened ?? this.#openTogether(names.slice(likely), likely, open)
  }

  async #openTogether<Name>(
    names: readonly Name[],
    position: number,
    open: OpenName<Name, Opened>,
  ): Promise<Opened | undefined> {
    const openings = await Promise.allSettled(names.map(open))
    const index = openings.findIndex(each => each.status === 'rejected' || each.value !== undefined)
    for (const each of openings.slice(index + 1)) {
      if (each.status === 'fulfilled' && each.value !== undefined) this.#release(each.value)
    }
    const first = openings[index]
    if (first === undefined) return undefined
    if (first.status === 'rejected') throw first.reason as Error
    this.#guess = position + index
    return first.value
  }
}
