/** The state of a file, read so late that a later change is sure to show in it. */
import type { BigIntStats } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenedFile } from './open-inside'
import { currentStats } from './file-state'

/**
 * Before Linux 6.13, the clock of file times ticks every 1 to 10 ms, and later on a virtual machine that has to wait for
 * its processor: within one tick a file can be written twice and show one time.
 */
const TICK_MS = 50

/** How often a file may turn out to be just written before it is served all the same. */
const MAX_TICKS = 3

/**
 * Waits if the file was written within the last tick, for some 150 ms at most.
 *
 * @param now milliseconds since the epoch
 */
export async function settledStats(
  { fd, stats }: Pick<OpenedFile, 'fd' | 'stats'>,
  now = Date.now,
): Promise<BigIntStats> {
  let settled = stats
  for (let tick = 0; tick < MAX_TICKS; tick++) {
    const age = now() - Number(settled.ctimeMs)
    if (age < 0 || age >= TICK_MS) break
    await sleep(TICK_MS - age)
    settled = await currentStats(fd)
  }
  return settled
}
