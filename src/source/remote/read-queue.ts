/**
 * Lets reads of a storage begin: so many at a time, and each only when there is memory for what it will bring. A read
 * that has begun runs at full speed to its end, so no client that takes no data holds a connection to the storage.
 */
import type { Budget } from '../memory/budget'

export class ReadQueue {
  readonly #budget: Budget
  readonly #maxRunning: number
  readonly #maxBytes: number
  #running = 0
  readonly #waiting = new Set<Waiting>()

  /**
   * @param maxRunning reads at a time
   * @param maxBytes that one read may bring
   */
  constructor(budget: Budget, maxRunning: number, maxBytes: number) {
    this.#budget = budget
    this.#maxRunning = maxRunning
    this.#maxBytes = maxBytes
  }

  /**
   * Calls `begin` with a permit when it is the turn of this read, possibly before `request` returns.
   *
   * @param bytes that the read would bring if there is room
   * @param step the permit is for a multiple of so many bytes, if it is for fewer than `bytes`
   * @returns withdraws the request; has no effect after `begin`
   */
  request(bytes: number, step: number, begin: (permit: ReadPermit) => void): () => void {
    const waiting = { bytes, step, begin }
    this.#waiting.add(waiting)
    this.#beginNext()
    return () => {
      this.#waiting.delete(waiting)
    }
  }

  #beginNext(): void {
    for (const waiting of this.#waiting) {
      if (this.#running >= this.#maxRunning) return
      const bytes = this.#take(waiting)
      // Room comes back with the end of a read in progress. Pins leave room for at least one.
      if (bytes === undefined) return
      this.#waiting.delete(waiting)
      this.#running++
      waiting.begin(
        new ReadPermit(bytes, this.#budget, () => {
          this.#running--
          this.#beginNext()
        }),
      )
    }
  }

  /** Takes all bytes, or else half of them, and so on down to one step. */
  #take({ bytes, step }: Waiting): number | undefined {
    let wanted = Math.min(bytes, Math.max(step, this.#maxBytes - (this.#maxBytes % step)))
    while (!this.#budget.take(wanted)) {
      if (wanted <= step) return undefined
      wanted = Math.ceil(wanted / 2 / step) * step
    }
    return wanted
  }
}

interface Waiting {
  readonly bytes: number
  readonly step: number
  readonly begin: (permit: ReadPermit) => void
}

/** One read in progress, and the memory that is taken for it. */
export class ReadPermit {
  /** That are taken from the budget. */
  readonly bytes: number
  readonly #budget: Budget
  readonly #onEnd: () => void
  #isMine = true
  #isEnded = false

  constructor(bytes: number, budget: Budget, onEnd: () => void) {
    this.bytes = bytes
    this.#budget = budget
    this.#onEnd = onEnd
  }

  /** Gives `bytes` of the memory to something that frees them; the rest is free again. */
  handOver(bytes: number): Budget {
    this.#isMine = false
    this.#budget.free(this.bytes - bytes)
    return this.#budget
  }

  /** A second call does nothing. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    if (this.#isMine) this.#budget.free(this.bytes)
    this.#onEnd()
  }
}
