/**
 * A piece of a file in memory, which every client that reads it shares. Only this folder sees blocks; others get leases.
 *
 * A block that is absent from memory has no object. `BlockCache` makes the object when the block is worth its room,
 * and `FileBlocks` has it filled.
 */
import { Lease } from '../lease'
import type { Budget, Displaceable } from './budget'

/**
 * - `loading`: its room is taken from the budget, its bytes are being read
 * - `leased`: in memory; somebody has a lease, and no other content can take its room
 * - `idle`: in memory; nobody has a lease, and other content may take its room
 * - `dropped`: gets no new lease. Its room is free once the leases that it has are released
 *
 * The first lease ends `loading`; leases and releases move a block between `leased` and `idle`. The budget drops idle
 * blocks, a file that is closed drops all of its blocks, and a load that fails drops its block. Dropped blocks stay so.
 */
export type BlockState = 'loading' | 'leased' | 'idle' | 'dropped'

/** Keeps these bytes in memory, which are not to be written to, until it is released. */
export type BlockLease = Lease<Uint8Array>

const NO_BYTES = new Uint8Array(0)

export class Block implements Displaceable {
  #bytes: Uint8Array
  readonly #size: number
  readonly #budget: Budget
  #state: BlockState = 'loading'
  #leases = 0
  /** Made once and not for each lease, as most requests take one. */
  readonly #endLease = (): void => {
    if (--this.#leases > 0) return
    if (this.#state === 'dropped') {
      this.#budget.free(this.#size)
    } else {
      this.#state = 'idle'
      this.#budget.noteUse(this)
    }
  }

  /** @param budget of which `bytes` are taken already */
  constructor(bytes: number, budget: Budget) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes)
    this.#size = bytes
    this.#budget = budget
  }

  get state(): BlockState {
    return this.#state
  }

  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  /** Written to while the block is loading; empty once it is dropped. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Undefined if the block is dropped. */
  lease(): BlockLease | undefined {
    if (this.#state === 'dropped') return undefined
    this.#state = 'leased'
    this.#leases++
    return new Lease(this.#bytes, this.#endLease)
  }

  drop(): void {
    if (this.#state === 'dropped') return
    this.#state = 'dropped'
    this.#budget.remove(this)
    // Leases hold the bytes themselves.
    this.#bytes = NO_BYTES
    if (this.#leases === 0) this.#budget.free(this.#size)
  }
}
