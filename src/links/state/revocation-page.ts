/** One page of a list of revocations that is in memory, in the order in which they were added. */
import type { RevocationEntry, RevocationPage } from './link-state'

/**
 * What was added since `cursor`; all of it if the cursor is of a list with another name.
 *
 * @param name of the list; another one whenever the places of its entries change
 */
export function pageOf(
  entries: ReadonlyMap<string, RevocationEntry>,
  name: string,
  cursor: string | undefined,
): RevocationPage {
  const [known, place] = cursor?.split(' ') ?? []
  const isStart = known !== name
  const first = isStart ? 0 : Number(place)
  return {
    entries: first === entries.size ? [] : Array.from(entries.values()).slice(first),
    cursor: `${name} ${entries.size}`,
    isStart,
    hasMore: false,
  }
}
