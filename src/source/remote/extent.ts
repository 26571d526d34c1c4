/**
 * A run of bytes of one version of a track in memory, from the plan to read it until its room is needed. Clients read
 * what has arrived while the rest is still being read.
 */
import { Buffer } from 'node:buffer'
import { Lease } from '../lease'
import type { Budget, Displaceable } from '../memory/budget'
import type { SourceError } from '../source'
import type { Pins } from './pins'
import { BLOCK_BYTES } from './wanted-range'

/**
 * - `planned`: waits for its turn; has no memory yet
 * - `loading`: its room is taken from the budget, its bytes arrive
 * - `loaded`: complete, or the blocks of it that arrived; other content may take its room while nobody has a lease
 * - `failed`: its bytes cannot be read; responses that wait for them get the error
 * - `dropped`: gets no new lease. Its room is free once the leases that it has are released
 *
 * The states follow each other in this order, and any of them may be followed by one of the last two.
 */
type ExtentState = 'planned' | 'loading' | 'loaded' | 'failed' | 'dropped'

const NO_BYTES = Buffer.alloc(0)

/** Bytes. */
const FINISHED_ANYWAY = BLOCK_BYTES

export class Extent implements Displaceable {
  /** The position of the first byte in the track. */
  readonly first: number
  #end: number
  #state: ExtentState = 'planned'
  #bytes = NO_BYTES
  #filled = 0
  #error: SourceError | undefined
  /** Of the budget. */
  #taken = 0
  #budget: Budget | undefined
  readonly #pins: Pins
  #leases = 0
  readonly #waiting = new Set<() => void>()
  #readers = 0
  readonly #abandoned = new AbortController()
  readonly #onGone: (extent: Extent) => void
  readonly #endLease = (): void => {
    if (--this.#leases > 0) return
    this.#pins.remove(this.#taken)
    this.#settle()
  }

  /**
   * @param first position of the first byte
   * @param end position after the last byte
   * @param onGone called when the extent gives no bytes any more
   */
  constructor(first: number, end: number, pins: Pins, onGone: (extent: Extent) => void) {
    this.first = first
    this.#end = end
    this.#pins = pins
    this.#onGone = onGone
  }

  get state(): ExtentState {
    return this.#state
  }

  /** The position after the last byte that it has or will have. */
  get end(): number {
    return this.#end
  }

  /** The position after the last byte that has arrived. */
  get arrivedEnd(): number {
    return this.first + this.#filled
  }

  /** Bytes that have not arrived. */
  get missing(): number {
    return this.#end - this.arrivedEnd
  }

  /** Whether the bytes at `position` are there, or will come. */
  covers(position: number): boolean {
    return position >= this.first && position < this.#end && this.#state !== 'dropped'
  }

  /** @throws SourceError if its bytes cannot be read */
  throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error
  }

  get isIdle(): boolean {
    return this.#state === 'loaded' && this.#leases === 0
  }

  get hasReaders(): boolean {
    return this.#readers > 0
  }

  /**
   * Aborts when the last response that needs it has left before its bytes have arrived, unless so little is missing that
   * it is cheaper to read it now than to begin again: then the connection can be used again, too.
   */
  get abandoned(): AbortSignal {
    return this.#abandoned.signal
  }

  /** Called when `bytes` of `budget` are taken for it: as many as it will have, which may be fewer than planned. */
  beginLoading(bytes: number, budget: Budget): void {
    this.#end = this.first + bytes
    this.#bytes = Buffer.allocUnsafeSlow(bytes)
    this.#taken = bytes
    this.#budget = budget
    this.#state = 'loading'
  }

  /** Copies bytes that have arrived, not more than are missing; nobody sees them before {@link Extent.show}. */
  write(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#filled)
  }

  /** Makes as many more bytes available, which {@link Extent.write} has copied. */
  show(bytes: number): void {
    this.#filled += bytes
    this.#wakeAll()
  }

  /** Ends loading: the blocks that have arrived are all that it will have. */
  finish(): void {
    if (this.#state !== 'loading') return
    if (this.missing > 0) this.#keepWholeBlocks()
    this.#end = this.arrivedEnd
    if (this.#filled === 0) {
      this.drop()
      return
    }
    this.#state = 'loaded'
    this.#settle()
    this.#wakeAll()
  }

  fail(error: SourceError): void {
    if (this.#state === 'dropped') return
    this.#error = error
    this.#leave('failed')
    this.#wakeAll()
  }

  /** Called by the budget, or when the version is not needed any more. */
  drop(): void {
    if (this.#state === 'dropped' || this.#state === 'failed') return
    this.#leave('dropped')
    this.#wakeAll()
  }

  /** Bytes from `position` on that have arrived, at most `limit`, until the lease is released. Undefined if pins are used up. */
  lease(position: number, limit: number): Lease<Uint8Array> | undefined {
    if (this.#leases === 0 && !this.#pins.add(this.#taken)) return undefined
    this.#leases++
    return new Lease(this.#view(position, limit), this.#endLease)
  }

  /** Copies bytes from `position` on that have arrived into `target`, and returns how many. */
  copy(position: number, target: Uint8Array): number {
    const bytes = this.#view(position, target.length)
    target.set(bytes)
    if (this.isIdle) this.#budget?.noteUse(this)
    return bytes.length
  }

  /** A response is inside while it may need bytes that have not arrived. */
  enter(): void {
    this.#readers++
  }

  leave(): void {
    if (--this.#readers > 0) return
    const isTooFar = this.#state === 'loading' && this.missing > FINISHED_ANYWAY
    if (this.#state === 'planned' || isTooFar) this.#abandoned.abort(new Error('No client needs these bytes'))
  }

  /** Calls `wake` once, at the next change. */
  onChange(wake: () => void): void {
    this.#waiting.add(wake)
  }

  /** The rest of a block is read with the whole block, and room that nothing will fill is of more use to others. */
  #keepWholeBlocks(): void {
    if (this.#leases > 0 || this.#budget === undefined) return
    const end = Math.floor(this.arrivedEnd / BLOCK_BYTES) * BLOCK_BYTES
    const kept = Buffer.allocUnsafeSlow(Math.max(0, end - this.first))
    kept.set(this.#bytes.subarray(0, kept.length))
    this.#budget.free(this.#taken - kept.length)
    this.#taken = kept.length
    this.#bytes = kept
    this.#filled = kept.length
  }

  #view(position: number, limit: number): Uint8Array {
    const start = position - this.first
    return this.#bytes.subarray(start, Math.min(this.#filled, start + limit))
  }

  #wakeAll(): void {
    const waiting = Array.from(this.#waiting)
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  #leave(state: 'failed' | 'dropped'): void {
    this.#state = state
    this.#budget?.remove(this)
    // Leases hold the bytes themselves.
    this.#bytes = NO_BYTES
    this.#filled = 0
    this.#onGone(this)
    this.#settle()
  }

  /** After the last lease, or a change of state: the room is free, or may be taken. */
  #settle(): void {
    if (this.#leases > 0 || this.#budget === undefined) return
    if (this.#state === 'loaded') {
      this.#budget.noteUse(this)
    } else if (this.#state !== 'loading') {
      this.#budget.free(this.#taken)
      this.#budget = undefined
    }
  }
}
