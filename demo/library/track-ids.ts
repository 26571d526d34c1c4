/**
 * The ids that the names in a directory contain, sorted. Only names are read here: whether an id has a track, and in
 * which file, is decided by the package alone (`describe`).
 */
import { opendir } from 'node:fs/promises'
import { parse } from 'node:path'
import { isAudioExtension, isTrackId } from 'express-signed-stream'
import { sortInTurns } from '../work/sort-in-turns'

const byName = new Intl.Collator('en', { numeric: true })

/** Names that are read in one turn of the event loop, which then takes 1 ms at most. */
const NAMES_AT_A_TIME = 512

/** A total order: the collator considers `track1` and `track01` equal, so code units decide between them. */
export function compareIds(a: string, b: string): number {
  return byName.compare(a, b) || (a < b ? -1 : Number(a > b))
}

/** Each id once. Only ids are kept in memory, not the entries of the directory. */
export async function readTrackIds(directory: string, signal: AbortSignal): Promise<readonly string[]> {
  const ids = new Set<string>()
  for await (const { name } of await opendir(directory, { bufferSize: NAMES_AT_A_TIME })) {
    // Leaving the loop closes the directory.
    signal.throwIfAborted()
    const { name: id, ext } = parse(name)
    if (isAudioExtension(ext.slice(1)) && isTrackId(id)) ids.add(id)
  }
  return sortInTurns(Array.from(ids), compareIds, signal)
}

/** The index of the first id that follows `after`, which need not be in the list any more. */
export function indexAfter(ids: readonly string[], after: string): number {
  return firstAfter(ids, after, compareIds)
}

/** The index of the first text that follows `after` in `sorted`. */
export function firstAfter(
  sorted: readonly string[],
  after: string,
  compare: (a: string, b: string) => number,
): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(sorted[middle] ?? '', after) > 0) high = middle
    else low = middle + 1
  }
  return low
}
