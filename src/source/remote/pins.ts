/**
 * How much memory slow clients may hold by looking at it. Beyond it, each of them gets a copy of its own of at most
 * 64 KiB: otherwise a crowd that takes no data would leave no room to read anything for others.
 */
export class Pins {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether there was room for `bytes` more; the caller removes them. */
  add(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false
    this.#bytes += bytes
    return true
  }

  remove(bytes: number): void {
    this.#bytes -= bytes
  }
}
