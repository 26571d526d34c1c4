/** What the time of modification of a file is worth: as a date, and as a mark of one content. */
import type { BigIntStats } from 'node:fs'

type Times = Pick<BigIntStats, 'mtimeNs'>

/** 1980-01-02, in nanoseconds: archives and images without times write 0, 1 s, or the first of January 1980. */
const FIRST_REAL_TIME = 315_619_200_000_000_000n

/** npm writes it into every package: 1985-10-26T08:15:00Z. */
const NPM_TIME = 499_162_500_000_000_000n

/** Whether the time can be that of an event in the life of the content. */
export function isRealTime({ mtimeNs }: Times): boolean {
  return mtimeNs >= FIRST_REAL_TIME && mtimeNs !== NPM_TIME
}

/**
 * Whether the system wrote the time when the content was written. A time of whole microseconds, or one that a double of
 * seconds holds, was set by a tool (archives keep seconds, builds fix them), or comes from a coarse file system: two
 * contents may share it. A few of the system's own times look like that too; those files cost a hash.
 */
export function isTimeOfWriting({ mtimeNs }: Times): boolean {
  return isRealTime({ mtimeNs }) && mtimeNs % 1000n !== 0n && !isDoubleOfSeconds(mtimeNs)
}

/** Today's seconds leave a double a resolution of 238 ns, which Node and Python write to the last digit. */
function isDoubleOfSeconds(nanoseconds: bigint): boolean {
  const seconds = Number(nanoseconds / 1_000_000_000n)
  const fraction = Number(nanoseconds % 1_000_000_000n)
  const nearest = (seconds + fraction / 1e9 - seconds) * 1e9
  return Math.floor(nearest) === fraction || Math.round(nearest) === fraction
}
