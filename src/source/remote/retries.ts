/** Whether, and when, a read that failed is tried again. */
import { SourceError } from '../source'
import { WrongAnswer } from './wrong-answer'

/** Of one read, the first one included. */
export const MAX_ATTEMPTS = 3

/** Milliseconds. */
const FIRST_DELAY = 100
const LONGEST_DELAY = 2000
/** A storage that asks for a longer pause gets none of us: the client may come again. */
const LONGEST_RETRY_AFTER = 5000

/** Retries that may be made before any read succeeds. */
const FULL_ALLOWANCE = 10
/** Of a retry, for each read: in the long run, one read in ten may be tried again, so retries cannot keep a storage down. */
const ALLOWED_FOR_EACH = 0.1

export class Retries {
  readonly #random: () => number
  #allowance = FULL_ALLOWANCE

  /** @param random from 0 to 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Called when a read begins. */
  noteRead(): void {
    this.#allowance = Math.min(FULL_ALLOWANCE, this.#allowance + ALLOWED_FOR_EACH)
  }

  /**
   * @param attempt that failed, from 1
   * @returns milliseconds to wait for the next attempt; undefined if there is none
   */
  delayAfter(error: unknown, attempt: number): number | undefined {
    if (attempt >= MAX_ATTEMPTS || !isRetried(error) || this.#allowance < 1) return undefined
    const asked = error instanceof SourceError ? Number(error.retryAfter) * 1000 || 0 : 0
    if (asked > LONGEST_RETRY_AFTER) return undefined
    this.#allowance--
    const backOff = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempt - 1))
    return Math.max(asked, this.#random() * backOff)
  }
}

/** Not if each attempt would fail in the same way, not if the version is gone, and not if the source is wrong. */
function isRetried(error: unknown): boolean {
  if (!(error instanceof SourceError)) return !(error instanceof WrongAnswer)
  return !error.isPermanent && (error.kind === 'unavailable' || error.kind === 'read_error')
}
