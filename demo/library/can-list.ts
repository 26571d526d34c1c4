/** A cheap look at a directory, for health. */
import { opendir } from 'node:fs/promises'

/** Whether the directory can be read; undefined if that cannot be found out. Reads its first entry. */
export async function canList(directory: string): Promise<boolean | undefined> {
  try {
    const listing = await opendir(directory)
    await listing.read()
    await listing.close()
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Out of file descriptors, which says nothing about the directory.
    return code === 'EMFILE' || code === 'ENFILE' ? undefined : false
  }
}
