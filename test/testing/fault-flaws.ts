/** Flaws of what a source does when its storage fails. */
import { SourceError } from 'express-signed-stream'
import { never, readWith, spoilSource, spoilTracks, type Flaw } from './spoil'

const STALLED = 'ends a read that is aborted while the storage stalls'
const STALLED_OPENING = 'ends an opening, and its prefix, that is aborted while the storage stalls'
const CUT = 'throws when the storage closes the connection before the last byte'
const DENIED = 'throws a SourceError that is denied, rather than find nothing, when the storage denies access'
const FAILED = 'throws, rather than find nothing, when the storage fails'

export const FAULT_FLAWS: readonly Flaw[] = [
  {
    name: 'waits without its signal',
    make: spoilTracks(track => ({ read: range => track.read(range, new AbortController()) })),
    breaks: [STALLED],
  },
  {
    name: 'waits for the storage without the signal of the opening',
    make: spoilSource((source, store) => ({
      open: (id, context) => (store.stalled.has(id) ? never() : source.open(id, context)),
    })),
    breaks: [STALLED_OPENING],
  },
  {
    name: 'takes a cut body for a whole one',
    make: spoilTracks((track, { id, store }) =>
      readWith(track, async function* (pieces) {
        try {
          yield* pieces
        } catch (error) {
          if (!store.cut.has(id)) throw error
        }
      }),
    ),
    breaks: [CUT],
  },
  {
    name: 'finds nothing when the storage denies access or fails',
    make: spoilSource((source, store) => ({
      open: (id, context) => (store.isDenied || store.isDown ? undefined : source.open(id, context)),
    })),
    breaks: [DENIED, FAILED],
  },
  {
    name: 'does not say that access is denied',
    make: spoilSource((source, store) => ({
      open(id, context) {
        if (store.isDenied) throw new SourceError('unavailable')
        return source.open(id, context)
      },
    })),
    breaks: [DENIED],
  },
]
