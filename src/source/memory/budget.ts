/**
 * One budget of bytes for everything that a storage keeps in memory. What a slow client holds counts too, so that no
 * crowd of them can take more.
 */

/** Something in memory that makes room for other content when nobody uses it. */
export interface Displaceable {
  readonly isIdle: boolean
  /** Gives its bytes back by {@link Budget.free}, and leaves by {@link Budget.remove}. */
  drop(): void
}

export class Budget {
  readonly #maxBytes: number
  #usedBytes = 0
  /** The least recently used first. */
  readonly #displaceable = new Set<Displaceable>()
  #newest: Displaceable | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  hasRoom(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.#maxBytes
  }

  /** Takes `bytes`, if necessary from what is idle, and returns whether there was room. The caller frees them. */
  take(bytes: number): boolean {
    for (const each of this.#displaceable) {
      if (this.hasRoom(bytes)) break
      if (each.isIdle) each.drop()
    }
    if (!this.hasRoom(bytes)) return false
    this.#usedBytes += bytes
    return true
  }

  free(bytes: number): void {
    this.#usedBytes -= bytes
  }

  /** Called when nobody uses `displaceable` any more: of all, it will be the last to make room. */
  noteUse(displaceable: Displaceable): void {
    // Most requests are for what the last one was for.
    if (displaceable === this.#newest) return
    this.#displaceable.delete(displaceable)
    this.#displaceable.add(displaceable)
    this.#newest = displaceable
  }

  remove(displaceable: Displaceable): void {
    this.#displaceable.delete(displaceable)
    if (displaceable === this.#newest) this.#newest = undefined
  }
}
