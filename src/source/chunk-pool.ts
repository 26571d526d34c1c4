/**
 * Buffers of one size that are used again. New ones for each reading would soon be so much garbage, where some thousand
 * listen to what is not kept in memory, that collecting it stops all of them for a moment again and again.
 */
import { Buffer } from 'node:buffer'

export class ChunkPool {
  readonly #bytes: number
  readonly #maxFree: number
  readonly #free: Buffer[] = []

  /**
   * @param bytes of each buffer
   * @param maxFree how many are kept that nobody uses
   */
  constructor(bytes: number, maxFree: number) {
    this.#bytes = bytes
    this.#maxFree = maxFree
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes)
  }

  /** Takes back a buffer that nobody reads or writes any more; one that never comes back is garbage like any other. */
  give(buffer: Buffer): void {
    if (this.#free.length < this.#maxFree) this.#free.push(buffer)
  }
}
