/** Waits for what no event reports. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two looks: the processor is left to what is waited for. */
const PAUSE = 5
/** Milliseconds, more than a busy machine needs, and less than the time limit of a test. */
const PATIENCE = 20_000

/**
 * The first result of `look` that is neither `undefined` nor `false`. Rejects with a message that names `what` if there
 * is none in time.
 *
 * @param what as in "This did not happen within 20 s: every file is closed"
 */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  /** Milliseconds, for what takes that long by design. */
  patience = PATIENCE,
): Promise<T> {
  const start = performance.now()
  for (;;) {
    const result = await look()
    if (result !== undefined && result !== false) return result
    if (performance.now() - start > patience) {
      throw new Error(`This did not happen within ${patience / 1000} s: ${what}`)
    }
    await sleep(PAUSE)
  }
}
