/** When the storage last served something: for health, which must not take a slow disk for a missing one. */
import type { ServerResponse } from 'node:http'
import { subscribeToStreams } from './stream-events'

export interface StorageActivity {
  /** Whether a track was opened or read within the last `milliseconds`. */
  hasServed(milliseconds: number): boolean
  /** Records any other successful access, such as a check of the directory. */
  record(): void
  /**
   * Notes that the response to a request for a track has ended.
   *
   * @param startedAt by `performance.now()`
   */
  responded(res: Pick<ServerResponse, 'headersSent' | 'statusCode'>, startedAt: number): void
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
    read({ origin }) {
      if (origin !== 'memory') record()
    },
  })

  return {
    hasServed: milliseconds => performance.now() - servedAt < milliseconds,
    record,
    responded({ headersSent, statusCode }, startedAt) {
      // A served request has its file open, and the file was looked at not long before. Without a head, the client left
      // before the first bytes, which the storage may never have given.
      if (!isRemote && headersSent && statusCode < 400) servedAt = Math.max(servedAt, startedAt)
    },
    close,
  }
}
