/** The listing of a tree, collected file by file in any order, within a limit. */
import { idFromPath, isTrackPath, pathFromId } from 'express-signed-stream'
import { sortInTurns } from '../work/sort-in-turns'
import type { ListedTrack, Listing } from './library'
import { compareIds, firstAfter } from './track-ids'
import { compareFolders, comparePaths, joinPath, segmentsOf } from './tree-paths'

/** Tracks of one listing: with their paths in memory, 10 to 20 MB. */
export const MAX_TRACKS = 100_000

/** Paths of tracks without an id that a log line names. */
const MAX_NAMED = 20

/** Collects the tracks of a tree. What it has is a listing at any time, even if the rest never comes. */
export class TreeCollector {
  /** False once something is left out of the listing. */
  isComplete = true
  /** Whether a track did not fit any more. */
  isFull = false
  /** Tracks whose paths cannot be ids; the first of them by name. */
  readonly withoutId = { count: 0, examples: [] as string[] }
  #count = 0
  /** The names in each folder. */
  readonly #folders = new Map<string, string[]>()
  readonly #max: number

  constructor(max = MAX_TRACKS) {
    this.#max = max
  }

  /**
   * @param folder empty for the root
   * @returns whether the track is listed
   */
  add(folder: string, name: string): boolean {
    const path = joinPath(folder, name)
    if (!isTrackPath(path)) {
      this.withoutId.count += 1
      if (this.withoutId.examples.length < MAX_NAMED) this.withoutId.examples.push(path)
      return false
    }
    if (this.#count >= this.#max) {
      this.isFull = true
      this.isComplete = false
      return false
    }
    const names = this.#folders.get(folder)
    if (names === undefined) this.#folders.set(folder, [name])
    else names.push(name)
    this.#count += 1
    return true
  }

  /**
   * @param describe what is known of the track at a path
   * @throws the signal's reason once it aborts
   */
  async list(
    signal: AbortSignal,
    describe: (path: string) => ListedTrack['description'] = () => undefined,
  ): Promise<Listing> {
    const folders = Array.from(this.#folders, ([folder, names]) => ({
      folder,
      segments: segmentsOf(folder),
      names,
    }))
    const paths: string[] = []
    for (const { folder, names } of await sortInTurns(folders, compareFolders, signal)) {
      for (const name of await sortInTurns(names, compareIds, signal)) paths.push(joinPath(folder, name))
    }
    return {
      length: paths.length,
      isComplete: this.isComplete,
      indexAfter: id => firstAfter(paths, pathFromId(id) ?? id, comparePaths),
      slice: (start, end) =>
        paths.slice(start, end).map(path => ({ id: idFromPath(path), path, description: describe(path) })),
    }
  }
}
