/** When the storage last served something: for health, which must not take a slow disk for a missing one. */
import { subscribeToStreams } from './stream-events'

export interface StorageActivity {
  /** Whether a track was opened or read within the last `milliseconds`. */
  hasServed(milliseconds: number): boolean
  /** Records any other successful access, such as a check of the directory. */
  record(): void
  close(): void
}

/**
 * @param server as in the context of its requests
 * @param isRemote whether a store serves the tracks: for some time, a request then needs nothing of it
 */
export function watchStorage(server: object, isRemote = false): StorageActivity {
  let servedAt = -Infinity

  function record(): void {
    servedAt = performance.now()
  }
  const close = subscribeToStreams(server, {
    // A served request has its file open, and the file was looked at not long ago. It is also reported if its client left
    // before the first bytes, which the storage may never have given.
    request({ firstByteMs }) {
      if (!isRemote && firstByteMs !== undefined) record()
    },
    read({ origin }) {
      if (origin !== 'memory') record()
    },
  })

  return {
    hasServed: milliseconds => performance.now() - servedAt < milliseconds,
    record,
    close,
  }
}
