/**
 * Buffers of one size that are used again. New ones for each reading would soon be so much garbage, where some thousand
 * listen to what is not kept in memory, that collecting it stops all of them for a moment again and again.
 */
import { Buffer } from 'node:buffer'

/** What bounds the buffers of a pool, those in use and those that are free. */
export interface Lender {
  /** @returns whether there is room for so many bytes more */
  lend(bytes: number): boolean
  takeBack(bytes: number): void
}

const BOUNDLESS: Lender = { lend: () => true, takeBack: () => undefined }

export class ChunkPool {
  readonly #bytes: number
  readonly #maxFree: number
  readonly #lender: Lender
  readonly #free: Buffer[] = []

  /**
   * @param bytes of each buffer
   * @param maxFree how many are kept that nobody uses
   */
  constructor(bytes: number, maxFree: number, lender = BOUNDLESS) {
    this.#bytes = bytes
    this.#maxFree = maxFree
    this.#lender = lender
  }

  /** Undefined where there is no room for one more. */
  take(): Buffer | undefined {
    return (
      this.#free.pop() ?? (this.#lender.lend(this.#bytes) ? Buffer.allocUnsafeSlow(this.#bytes) : undefined)
    )
  }

  /** Takes back a buffer that nobody reads or writes any more. */
  give(buffer: Buffer): void {
    if (this.#free.length < this.#maxFree) this.#free.push(buffer)
    else this.drop()
  }

  /** Told of a buffer that was taken and never comes back, for somebody may still look at it. */
  drop(): void {
    this.#lender.takeBack(this.#bytes)
  }
}
