/** Whether a file that was not found is absent, or its disk is. */
import { lstat, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Confines } from './open-inside'
import { ignoreAbsent, throwUnavailable } from './system-errors'

/**
 * Called when no file was found under `paths`.
 *
 * @throws SourceError `unavailable` if the directory is gone, or if a link dangles and a directory that links may lead
 *   into is gone: it is a disk that is not mounted, and the track may exist
 */
export async function assertAbsent(
  { directory, linksInto }: Confines,
  paths: readonly string[],
): Promise<void> {
  await stat(directory).catch(throwUnavailable)
  const fault = await findFault(linksInto)
  if (fault === undefined) return
  for (const path of paths) if (await isDangling(directory, path)) throwUnavailable(fault)
}

async function findFault(directories: readonly string[]): Promise<unknown> {
  for (const directory of directories) {
    try {
      await stat(directory)
    } catch (error) {
      return error
    }
  }
  return undefined
}

/** Whether the first segment of `path` that leads nowhere is a link. */
async function isDangling(directory: string, path: string): Promise<boolean> {
  let reached = directory
  for (const segment of path.split('/')) {
    reached = join(reached, segment)
    if ((await stat(reached).catch(ignoreAbsent)) !== undefined) continue
    const stats = await lstat(reached).catch(ignoreAbsent)
    return stats?.isSymbolicLink() === true
  }
  return false
}
