/** One directory of `{id}.{extension}`, without folders. */
import { join } from 'node:path'
import { canList } from './can-list'
import type { Library, Listing } from './library'
import { indexAfter, readTrackIds } from './track-ids'

export function createFlatLibrary(directory: string): Library {
  return {
    kind: 'flat',
    place: directory,
    origin: { dir: directory },
    freshFor: 1000,
    list: async signal => listIds(await readTrackIds(directory, signal)),
    fileOf: (_track, { fileName = '', etag }) => ({ path: join(directory, fileName), etag }),
    look: () => canList(directory),
    close: () => undefined,
  }
}

/** Only ids are kept in memory, not an object for each. */
export function listIds(ids: readonly string[]): Listing {
  return {
    length: ids.length,
    isComplete: true,
    indexAfter: id => indexAfter(ids, id),
    slice: (start, end) => ids.slice(start, end).map(id => ({ id, path: undefined, description: undefined })),
  }
}
