/**
 * Buffers of one size that are used again. With a new one for each read, some thousand clients that listen to content
 * that is not in memory make so much garbage that collecting it stops all of them for a moment, again and again.
 */
import { Buffer } from 'node:buffer'
import type { Budget } from './budget'

export interface ChunkPoolLimits {
  /** Unused buffers that are kept; all of them if undefined. */
  readonly maxFree?: number
  /** Buffers, used and unused; as many as are needed if undefined. */
  readonly maxBuffers?: number
  /** What the buffers are taken from, if they count. */
  readonly budget?: Budget
}

export class ChunkPool {
  readonly #size: number
  readonly #maxFree: number
  readonly #maxBuffers: number
  readonly #budget: Budget | undefined
  readonly #free: Buffer[] = []
  #buffers = 0

  /** @param size bytes of each buffer */
  constructor(size: number, { maxFree = Infinity, maxBuffers = Infinity, budget }: ChunkPoolLimits) {
    this.#size = size
    this.#maxFree = maxFree
    this.#maxBuffers = maxBuffers
    this.#budget = budget
  }

  /** Of all buffers, used and unused. */
  get bytes(): number {
    return this.#buffers * this.#size
  }

  /** A buffer for the caller alone, who ends the lease by one of its methods; undefined if there is no room. */
  lease(): ChunkLease | undefined {
    const buffer = this.#free.pop() ?? this.#allocate()
    return buffer && new ChunkLease(buffer, this)
  }

  /** Called by leases. */
  takeBack(buffer: Buffer): void {
    if (this.#free.length < this.#maxFree) this.#free.push(buffer)
    else this.forget()
  }

  /** Called by leases, when a buffer never comes back. */
  forget(): void {
    this.#buffers--
    this.#budget?.free(this.#size)
  }

  #allocate(): Buffer | undefined {
    if (this.#buffers >= this.#maxBuffers || this.#budget?.take(this.#size) === false) return undefined
    this.#buffers++
    return Buffer.allocUnsafeSlow(this.#size)
  }
}

/** A buffer that one response uses. The first call of either method ends the lease; further calls do nothing. */
export class ChunkLease {
  readonly buffer: Buffer
  #pool: ChunkPool | undefined

  constructor(buffer: Buffer, pool: ChunkPool) {
    this.buffer = buffer
    this.#pool = pool
  }

  /** Ends the lease when nobody looks at the bytes any more: the pool uses the buffer again. */
  recycle(): void {
    this.#pool?.takeBack(this.buffer)
    this.#pool = undefined
  }

  /** Ends the lease when somebody may still look at the bytes: the buffer leaves the pool. */
  abandon(): void {
    this.#pool?.forget()
    this.#pool = undefined
  }
}
