/** A source that does everything later, and has what is optional: as right as the one that responds at once. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SourceTrack, TrackPrefix, TrackSource } from 'express-signed-stream'
import { MemorySource, type MemoryStore } from '../support/memory-source'

export function makeLaterSource(store: MemoryStore): TrackSource {
  const source = new MemorySource(store)
  return {
    trustFor: 500,
    timeouts: { firstByte: 1000 },
    async locate(id) {
      await nextTurn()
      const track = store.tracks.get(id)
      return track && { key: `row of ${id}`, type: track.type, fileName: 'Naïve – 曲.mp3' }
    },
    async open(id, context) {
      await nextTurn(undefined, { signal: context.signal })
      const track = source.open(id, context)
      if (track === undefined || track === context.known) return track
      const { size, type, etag, prefix } = track
      const description: SourceTrack = {
        size,
        type,
        etag,
        read: (range, reading) => later(track.read(range, reading)),
        close: () => track.close?.(),
      }
      return prefix === undefined
        ? description
        : { ...description, prefix: holdPrefix(prefix, store, context.signal) }
    },
  }
}

/** Each piece in a turn of its own. */
async function* later(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    await nextTurn()
    yield piece
  }
}

/** A body in progress: it has a handle from now on, until it has been read or the signal aborts. */
function holdPrefix(prefix: TrackPrefix, store: MemoryStore, signal: AbortSignal): TrackPrefix {
  let isHeld = true
  store.handles++
  function release(): void {
    if (isHeld) store.handles--
    isHeld = false
  }
  signal.addEventListener('abort', release, { once: true })
  async function* readBody(): AsyncGenerator<Uint8Array> {
    await nextTurn(undefined, { signal })
    yield prefix.bytes as Uint8Array
    release()
  }
  return { ...prefix, bytes: readBody() }
}
