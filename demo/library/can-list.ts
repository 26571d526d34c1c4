/**
 * A cheap look at a directory, for health. It reads no entry: on a file system that gives no types with the names, Node
 * looks at each of the first 32 synchronously.
 */
import { opendir } from 'node:fs/promises'

/** Whether the directory can be opened; undefined if that cannot be found out. */
export async function canList(directory: string): Promise<boolean | undefined> {
  try {
    const listing = await opendir(directory)
    await listing.close()
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Out of file descriptors, which says nothing about the directory.
    return code === 'EMFILE' || code === 'ENFILE' ? undefined : false
  }
}
