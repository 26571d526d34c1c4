/**
 * Links that were signed in the very second in which others like them were revoked: their time of signing is the next
 * second, so that they work at once. A revocation that follows in the same second has to cover them, too.
 */
import type { Handles } from './make-link'

/** Handles that are remembered before those that the clock has passed are forgotten. */
const FIRST_SWEEP = 1000

export class SignedAhead {
  readonly #latest = new Map<string, number>()
  #nextSweep = FIRST_SWEEP

  note({ link, listener, track, key }: Handles, signedAt: number, now: number): void {
    if (this.#latest.size >= this.#nextSweep) this.#sweep(now)
    for (const [kind, value] of Object.entries({ link, listener, track, key })) {
      if (value === undefined) continue
      const name = `${kind} ${value}`
      this.#latest.set(name, Math.max(signedAt, this.#latest.get(name) ?? 0))
    }
  }

  /** The latest time of signing of links with this handle, at least `now`. */
  latest(kind: string, value: string, now: number): number {
    return Math.max(now, this.#latest.get(`${kind} ${value}`) ?? 0)
  }

  #sweep(now: number): void {
    for (const [name, signedAt] of this.#latest) if (signedAt < now) this.#latest.delete(name)
    this.#nextSweep = Math.max(FIRST_SWEEP, 2 * this.#latest.size)
  }
}
