/** Reads the names of a whole tree of folders, within limits of depth, number and time. */
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TreeCollector } from './tree-listing'
import { isAudioName, isHidden, joinPath, MAX_DEPTH } from './tree-paths'

/** Names that are read in one turn of the event loop, which then takes some 2 ms. */
const NAMES_AT_A_TIME = 256

/** Names that one walk looks at, of tracks, folders and everything else. */
const MAX_NAMES = 500_000

/**
 * Adds the tracks below `directory` to `found`. Hidden names are left out. Symbolic links to folders are not followed, so
 * the walk ends and stays inside; a link to a file is a name like others, and the stream decides whether it may be opened.
 *
 * @throws Error if `directory` cannot be read; the signal's reason once it aborts
 */
export async function walkTree(directory: string, found: TreeCollector, signal: AbortSignal): Promise<void> {
  const waiting: { readonly folder: string; readonly depth: number }[] = []
  let names = 0

  function isOver(): boolean {
    return found.isFull || names > MAX_NAMES
  }

  async function readFolder(folder: string, depth: number): Promise<void> {
    for await (const entry of await opendir(join(directory, folder), { bufferSize: NAMES_AT_A_TIME })) {
      // Leaving the loop closes the directory.
      signal.throwIfAborted()
      names += 1
      if (isOver()) return
      const { name } = entry
      if (isHidden(name)) continue
      if (!entry.isDirectory()) {
        if (isAudioName(name)) found.add(folder, name)
      } else if (depth < MAX_DEPTH) {
        waiting.push({ folder: joinPath(folder, name), depth: depth + 1 })
      } else {
        found.isComplete = false
      }
    }
  }

  await readFolder('', 0)
  for (let next = waiting.pop(); next !== undefined && !isOver(); next = waiting.pop()) {
    await readFolder(next.folder, next.depth).catch(() => {
      // A folder that cannot be read, or is not there any more, does not hide the others.
      signal.throwIfAborted()
    })
  }
  if (isOver()) found.isComplete = false
}
