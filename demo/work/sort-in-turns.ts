/** Sorts a long list without blocking the event loop: a merge sort that pauses after each few hundred items. */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Items that are sorted or merged in one turn of the event loop: 1 to 2 ms with a collator. */
const STEP = 500

/** @throws the signal's reason once it aborts */
export async function sortInTurns<Item>(
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
  signal: AbortSignal,
): Promise<Item[]> {
  let runs: Item[][] = []
  for (let start = 0; start < items.length; start += STEP) {
    await nextTurn(undefined, { signal })
    runs.push(items.slice(start, start + STEP).sort(compare))
  }
  while (runs.length > 1) {
    const merged: Item[][] = []
    for (let index = 0; index < runs.length; index += 2) {
      merged.push(await merge(runs[index] ?? [], runs[index + 1] ?? [], compare, signal))
    }
    runs = merged
  }
  return runs[0] ?? []
}

async function merge<Item>(
  left: readonly Item[],
  right: readonly Item[],
  compare: (a: Item, b: Item) => number,
  signal: AbortSignal,
): Promise<Item[]> {
  const merged: Item[] = []
  let next = 0
  for (const item of left) {
    for (let other = right[next]; other !== undefined && compare(other, item) < 0; other = right[next]) {
      merged.push(other)
      next += 1
      if (merged.length % STEP === 0) await nextTurn(undefined, { signal })
    }
    merged.push(item)
    if (merged.length % STEP === 0) await nextTurn(undefined, { signal })
  }
  for (const rest of right.slice(next)) merged.push(rest)
  return merged
}
