/** What the storage did lately, by the events of the streams of one server. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { STREAM_CHANNELS, type StreamReadEvent } from 'express-signed-stream'
import { requestContext } from './request-context'

export interface StorageNews {
  /** Whether a track was opened or read within the last `milliseconds`. */
  hasServed(milliseconds: number): boolean
  /** Counts a look of another kind that was successful. */
  note(): void
  close(): void
}

/** @param server as in the context of its requests */
export function watchStorage(server: object): StorageNews {
  let servedAt = -Infinity

  function note(): void {
    servedAt = performance.now()
  }
  function noteOwn(): void {
    if (requestContext.getStore()?.server === server) note()
  }
  function noteRead(event: unknown): void {
    // What is in memory was not read from the storage.
    if ((event as StreamReadEvent).origin === 'disk') noteOwn()
  }
  // A request that is served has its file open, and looked at within the last second.
  subscribe(STREAM_CHANNELS.request, noteOwn)
  subscribe(STREAM_CHANNELS.read, noteRead)

  return {
    hasServed: milliseconds => performance.now() - servedAt < milliseconds,
    note,
    close() {
      unsubscribe(STREAM_CHANNELS.request, noteOwn)
      unsubscribe(STREAM_CHANNELS.read, noteRead)
    },
  }
}
