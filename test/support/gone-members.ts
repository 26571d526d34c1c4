/** Prints the bytes that members of a roster take after they have gone, when only minor collections of garbage ran. */
import { Roster } from '../../src/roster'

const COUNT = 20_000
const AT_A_TIME = 16
/** Of 8 bytes, for each member: 20 MB in all. */
const WORDS = 128

const collect = gc as unknown as (options: { readonly type: 'minor' }) => void

const roster = new Roster<object>()
const before = process.memoryUsage().heapUsed
const entries: ReturnType<typeof roster.add>[] = []
for (let index = 0; index < COUNT; index++) {
  entries.push(roster.add(new Array(WORDS).fill(index)))
  if (entries.length > AT_A_TIME) roster.remove(entries.shift())
  if (index % 500 === 0) collect({ type: 'minor' })
}
console.log(process.memoryUsage().heapUsed - before)
